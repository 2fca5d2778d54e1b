/* Prints scenario.xsd: `make xsd` writes the shipped copy with it. */
#include "scenarios/scenario_schema.h"

#include <stdio.h>

int main(void) {
    struct dh_text text = {0};
    dh_schema_text(&text);
    bool written = !text.failed && fwrite(text.at, 1, text.n, stdout) == text.n && fflush(stdout) == 0;
    dh_text_free(&text);
    return written ? 0 : 74;
}
