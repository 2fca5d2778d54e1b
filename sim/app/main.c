/* datahall: the command line. Everything it does goes through <datahall/datahall.h>. */
#include "sim/app/app.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    static struct cli cli; /* large: its values are an array */
    if (argc > 0)
        app_program = argv[0];
    int status = cli_parse(&cli, argc - 1, argv + 1);
    if (status < 0)
        status = cli.command->run(&cli);
    /* A full disk shows only when the buffer is flushed. */
    bool failed = ferror(stdout) != 0;
    if (failed) { /* earlier, and the reason is forgotten: it is asked for once more */
        clearerr(stdout);
        putchar('\n');
    }
    errno = 0;
    if ((fflush(stdout) != 0 || failed) && status < 64) {
        fprintf(stderr, "datahall: error: standard output: %s [%s]\n", strerror(errno ? errno : EIO),
                dh_err_code(DH_ERR_IO));
        status = dh_err_exit_status(DH_ERR_IO);
    }
    /* After a failed write HDF5's own ending at exit can crash (HDF5 1.10: SIGSEGV in H5close); nothing is
     * left to do. */
    if (status == dh_err_exit_status(DH_ERR_IO)) {
        fflush(stderr);
        _exit(status);
    }
    return status;
}
