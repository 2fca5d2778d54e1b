#include <stdio.h>

int main(void) {
    fputs("datahall\n", stderr);
    return 2;
}
