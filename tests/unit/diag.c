#include "tests/tests.h"

#include "sim/diag.h"

#include <string.h>

void error_table_gives_codes_and_exit_statuses(void **state) {
    (void)state;
    assert_string_equal(dh_err_code(DH_ERR_UNIT), "E-UNIT");
    assert_int_equal(dh_err_exit_status(DH_ERR_UNIT), 65);
    assert_int_equal(dh_err_exit_status(DH_ERR_NOT_FOUND), 66);
    assert_int_equal(dh_err_exit_status(DH_ERR_INTERRUPTED), 130);
    assert_int_equal(dh_err_exit_status(DH_OK), 0);
    assert_string_equal(dh_err_code((enum dh_err)9999), "E-INTERNAL");
    assert_true(dh_err_is_warning(DH_ERR_W_DATA));
    assert_false(dh_err_is_warning(DH_ERR_DATA));
}

void diag_escapes_what_could_steer_a_terminal(void **state) {
    (void)state;
    struct dh_diag diag = {0};
    struct dh_place place = {"a\033[2Jb.xml", 5, 7};
    assert_int_equal(dh_fail(&diag, DH_ERR_VALUE, place, "bad %s", "x\r\n\xE2\x80\xAEy\xFF"), DH_ERR_VALUE);
    dh_diag_hint(&diag, "did you mean '%s'?", "cooling");
    assert_int_equal(diag.n_error, 1);
    assert_int_equal(diag.first, DH_ERR_VALUE);
    assert_string_equal(diag.messages[0].place.file, "a\\u{1B}[2Jb.xml");
    assert_string_equal(diag.messages[0].text, "bad x\\u{D}\\u{A}\\u{202E}y\\xFF");
    assert_string_equal(diag.messages[0].hint, "did you mean 'cooling'?");
    dh_diag_free(&diag);
}

void arena_hands_out_zeros_and_refuses_overflow(void **state) {
    (void)state;
    struct dh_arena arena = {0};
    for (int i = 0; i < 1000; i++) {
        unsigned char *p = dh_arena_alloc(&arena, 1 + (size_t)i * 7);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (int k = 0; k < 1 + i * 7; k++)
            assert_int_equal(p[k], 0);
        memset(p, 0xAA, 1 + (size_t)i * 7);
    }
    assert_null(dh_arena_array(&arena, SIZE_MAX / 2, 4));
    assert_string_equal(dh_arena_strndup(&arena, "halls", 4), "hall");
    dh_arena_free(&arena);
    assert_null(arena.last);
}
