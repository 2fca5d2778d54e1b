// clang-format off
/* What the made-up libcuda.so.1 of tests/fake offers the other made-up libraries, and the script of all of them:
 * DH_FAKE_CUDA="word word=number ...". Words:
 *   init=N      cuInit returns N               devices=N  how many there are (default 1)
 *   memory=N    bytes of each (default 1e9)    fail=N     the N-th kernel launch fails, and all after it
 *   major=N     compute capability N.0 (9)     fatbin=N   cuModuleLoadData of a fatbin returns N
 *   order=N     in what order threads of a block run, see cuda_on_host.h
 *   no-energy, no-power    NVML does not support these counters
 *   throttle=N  NVML's reasons                 others=N   processes besides this one
 *   no-lt       cuBLASLt refuses to start      room=N     bytes that can be had of it (all)
 *   version=N   of the driver (13000) */
// clang-format on
#ifndef DH_FAKE_H
#define DH_FAKE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
struct CUstream_st;
/* The number of a word of the script: `missing` where it is not there, 1 where it has none. */
long dh_fake_number(const char *word, long missing);
/* Runs work(self) in the order of the stream, which takes so many made-up seconds; captured where it
 * captures. */
int dh_fake_enqueue(struct CUstream_st *stream, double seconds, void (*work)(void *self), const void *self,
                    size_t bytes);
/* Is [at, at + bytes) inside of one allocation? */
int dh_fake_holds(const void *at, size_t bytes);
/* Streams, events, modules, graphs, contexts and allocations that were not given back; lists them on stderr.
 */
int dh_fake_left(void);
#ifdef __cplusplus
}
#endif

#endif
