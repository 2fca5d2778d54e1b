/* Logs of requests to an inference service: a CSV, plain or gzip, in order of arrival, in one of two forms.
 *
 *   submit_s, prompt_tokens, output_tokens       seconds since the horizon's start
 *   TIMESTAMP, ContextTokens, GeneratedTokens    instants, as Azure publishes them (AzurePublicDataset,
 *                                                AzureLLMInferenceTrace); the first becomes time 0 */
#ifndef DH_SCENARIOS_REQUESTLOG_H
#define DH_SCENARIOS_REQUESTLOG_H

#include "models/requests.h"

/* Appends the file's requests; tokens from 0 count as 1 (a request without an answer still begins one).
 * Errors carry file:line:col: DH_ERR_DATA (out of order), DH_ERR_NUMBER, DH_ERR_RANGE, DH_ERR_MISSING,
 * DH_ERR_NOT_FOUND, DH_ERR_MEMORY, DH_ERR_LIMIT_MEMORY, DH_ERR_IO. out is the caller's to free in any case.
 */
enum dh_err dh_requestlog_read(struct dh_request_list *out, const char *path, struct dh_diag *diag);

#endif
