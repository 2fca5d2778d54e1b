#include "tests/tests.h"

#include "models/gpu/backend.h"

#include <math.h>
#include <string.h>

void operands_are_exact_in_every_format(void **state) {
    (void)state;
    for (enum dh_gpu_format f = 0; f < DH_N_GPU_FORMAT; f++) {
        double sum = 0, squares = 0, least = 1, greatest = -1;
        enum { N = 20000 };
        for (int64_t i = 0; i < N; i++) {
            double value = dh_gpu_value(7, i, f);
            unsigned char bytes[4] = {0};
            dh_gpu_encode(bytes, f, value);
            assert_true(dh_gpu_decode(bytes, f) == value);
            sum += value;
            squares += value * value;
            least = fmin(least, value);
            greatest = fmax(greatest, value);
        }
        assert_true(least >= -0.5 && greatest < 0.5 && least < -0.49 && greatest > 0.43);
        /* uniform but for the step of e4m3, 1/16: mean -1/32, variance 1/12 */
        assert_true(fabs(sum / N) < 0.04);
        assert_true(fabs(squares / N - 1.0 / 12) < 0.005);
    }
    /* by hand: i = 0 and seed 0 stay 0; seed 1 is murmur3's fmix32(1) = 0x514e28b7 */
    assert_true(dh_gpu_value(0, 0, DH_GPU_FP32) == 0);
    assert_true(dh_gpu_value(1, 0, DH_GPU_FP32) == (double)(0x514e28b7 >> 8) / 16777216);
    assert_true(dh_gpu_value(1, 0, DH_GPU_FP8) == 5.0 / 16);
    assert_true(dh_gpu_value(0, 5, DH_GPU_FP32) != dh_gpu_value(1, 5, DH_GPU_FP32));
}

static uint32_t encoded(enum dh_gpu_format format, double value) {
    uint32_t word = 0;
    dh_gpu_encode(&word, format, value);
    return word;
}

void formats_have_their_bits(void **state) {
    (void)state;
    static const struct {
        enum dh_gpu_format format;
        double value;
        uint32_t bits;
    } known[] = {
        {DH_GPU_FP32, 1,                0x3F800000},
        {DH_GPU_FP32, -0.1f,            0xBDCCCCCD},
        {DH_GPU_FP32, 0x1p-149,         1         },
        {DH_GPU_FP32, 0x1p128,          0x7F800000},
        {DH_GPU_TF32, 1.5,              0x3FC00000},
        {DH_GPU_TF32, 1 + 0x1p-10,      0x3F802000},
        {DH_GPU_TF32, 1 + 0x1p-11,      0x3F800000}, /* ties go to even */
        {DH_GPU_TF32, 1 + 3 * 0x1p-11,  0x3F804000},
        {DH_GPU_BF16, 1,                0x3F80    },
        {DH_GPU_BF16, 3.140625,         0x4049    },
        {DH_GPU_BF16, 1 + 0x1p-8,       0x3F80    },
        {DH_GPU_BF16, 1 + 3 * 0x1p-8,   0x3F82    },
        {DH_GPU_BF16, -1e39,            0xFF80    },
        {DH_GPU_FP16, 1,                0x3C00    },
        {DH_GPU_FP16, 65504,            0x7BFF    },
        {DH_GPU_FP16, 65519,            0x7BFF    },
        {DH_GPU_FP16, 65520,            0x7C00    },
        {DH_GPU_FP16, 0x1p-24,          1         },
        {DH_GPU_FP16, 0x1p-25,          0         },
        {DH_GPU_FP16, 0x1.8p-24,        2         },
        {DH_GPU_FP16, 1023.5 * 0x1p-24, 0x0400    }, /* rounds into the normal numbers */
        {DH_GPU_FP16, -0.0,             0x8000    },
        {DH_GPU_FP8,  1,                0x38      },
        {DH_GPU_FP8,  448,              0x7E      },
        {DH_GPU_FP8,  0x1p-9,           1         },
        {DH_GPU_FP8,  -0.4375,          0xAE      },
        {DH_GPU_FP8,  500,              0x7F      }, /* no infinity */
        {DH_GPU_FP8,  INFINITY,         0x7F      },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (encoded(known[i].format, known[i].value) != known[i].bits)
            fail_msg("%s %a: 0x%x, not 0x%x", dh_gpu_format_name(known[i].format), known[i].value,
                     encoded(known[i].format, known[i].value), known[i].bits);
    }
    /* every 16-bit and 8-bit word comes back as itself; floats as the compiler has them */
    for (uint32_t w = 0; w < 65536; w++)
        for (enum dh_gpu_format f = DH_GPU_BF16; f < DH_N_GPU_FORMAT; f++) {
            if (f == DH_GPU_FP8 && w > 255)
                continue;
            double value = dh_gpu_decode(&w, f);
            if (!isnan(value))
                assert_int_equal(encoded(f, value), w);
        }
    for (uint32_t w = 1; w < 0xFF000000; w += 100003) {
        float x;
        memcpy(&x, &w, 4);
        double value = dh_gpu_decode(&w, DH_GPU_FP32);
        assert_true(value == x || (isnan(value) && isnan(x)));
        assert_true(isnan(value) || encoded(DH_GPU_FP32, value) == w);
    }
    /* poison is NaN, and NaN stays */
    uint32_t poison = 0xFFFFFFFF;
    for (enum dh_gpu_format f = 0; f < DH_N_GPU_FORMAT; f++) {
        assert_true(isnan(dh_gpu_decode(&poison, f)));
        uint32_t word = encoded(f, NAN);
        assert_true(isnan(dh_gpu_decode(&word, f)));
    }
}

void kernels_and_formats_have_the_names_of_the_language(void **state) {
    (void)state;
    for (enum dh_gpu_kernel k = 0; k < DH_N_GPU_KERNEL; k++)
        assert_int_equal(dh_gpu_kernel_by_name(dh_gpu_kernel_name(k)), k);
    for (enum dh_gpu_format f = 0; f < DH_N_GPU_FORMAT; f++)
        assert_int_equal(dh_gpu_format_by_name(dh_gpu_format_name(f)), f);
    assert_int_equal(dh_gpu_kernel_by_name("gem"), -1);
    assert_int_equal(dh_gpu_format_by_name("int8"), -1);
    assert_null(dh_gpu_backend_by_name("vulkan"));
    for (int i = 0; dh_gpu_backends[i]; i++)
        assert_ptr_equal(dh_gpu_backend_by_name(dh_gpu_backends[i]->name), dh_gpu_backends[i]);
    assert_int_equal(dh_gpu_format_bytes(DH_GPU_TF32), 4);
    assert_int_equal(dh_gpu_format_bytes(DH_GPU_FP8), 1);
    assert_int_equal(dh_gpu_result_format(DH_GPU_FP8), DH_GPU_BF16);
    assert_int_equal(dh_gpu_result_format(DH_GPU_TF32), DH_GPU_FP32);
    assert_int_equal(dh_gpu_result_format(DH_GPU_FP16), DH_GPU_FP16);
}
