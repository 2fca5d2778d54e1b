#include "viz/type.h"

#include "sim/text.h"

#include <string.h>

/* Advance widths in 1/2048 of the em, of U+0020 to U+00FF and of some marks; read from DejaVuSans.ttf and
 * DejaVuSans-Bold.ttf 2.37 (https://dejavu-fonts.github.io) without hinting. */
static const int16_t regular[224] = {
    651,  821,  942,  1716, 1303, 1946, 1597, 563,  799,  799,  1024, 1716, 651,  739,  651,  690,
    1303, 1303, 1303, 1303, 1303, 1303, 1303, 1303, 1303, 1303, 690,  690,  1716, 1716, 1716, 1087,
    2048, 1401, 1405, 1430, 1577, 1294, 1178, 1587, 1540, 604,  604,  1343, 1141, 1767, 1532, 1612,
    1235, 1612, 1423, 1300, 1251, 1499, 1401, 2025, 1403, 1251, 1403, 799,  690,  799,  1716, 1024,
    1024, 1255, 1300, 1126, 1300, 1260, 721,  1300, 1298, 569,  569,  1186, 569,  1995, 1298, 1253,
    1300, 1300, 842,  1067, 803,  1298, 1212, 1675, 1212, 1212, 1075, 1303, 690,  1303, 1716, 0,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
    651,  821,  1303, 1303, 1303, 1303, 690,  1024, 1024, 2048, 965,  1253, 1716, 739,  2048, 1024,
    1024, 1716, 821,  821,  1024, 1303, 1303, 651,  1024, 821,  965,  1253, 1985, 1985, 1985, 1087,
    1401, 1401, 1401, 1401, 1401, 1401, 1995, 1430, 1294, 1294, 1294, 1294, 604,  604,  604,  604,
    1587, 1532, 1612, 1612, 1612, 1612, 1612, 1716, 1612, 1499, 1499, 1499, 1499, 1251, 1239, 1290,
    1255, 1255, 1255, 1255, 1255, 1255, 2011, 1126, 1260, 1260, 1260, 1260, 569,  569,  569,  569,
    1253, 1298, 1253, 1253, 1253, 1253, 1253, 1716, 1253, 1298, 1298, 1298, 1298, 1212, 1300, 1212,
};
static const int16_t heavy[224] = {
    713,  934,  1067, 1716, 1425, 2052, 1786, 627,  936,  936,  1071, 1716, 778,  850,  778,  748,
    1425, 1425, 1425, 1425, 1425, 1425, 1425, 1425, 1425, 1425, 819,  819,  1716, 1716, 1716, 1188,
    2048, 1585, 1561, 1503, 1700, 1399, 1399, 1681, 1714, 762,  762,  1587, 1305, 2038, 1714, 1741,
    1501, 1741, 1577, 1475, 1397, 1663, 1585, 2259, 1579, 1483, 1485, 936,  748,  936,  1716, 1024,
    1024, 1382, 1466, 1214, 1466, 1389, 891,  1466, 1458, 702,  702,  1362, 702,  2134, 1458, 1407,
    1466, 1466, 1010, 1219, 979,  1458, 1335, 1892, 1321, 1335, 1192, 1458, 748,  1458, 1716, 0,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
    713,  934,  1425, 1425, 1303, 1425, 748,  1024, 1024, 2048, 1155, 1323, 1716, 850,  2048, 1024,
    1024, 1716, 897,  897,  1024, 1507, 1303, 778,  1024, 897,  1155, 1323, 2120, 2120, 2120, 1188,
    1585, 1585, 1585, 1585, 1585, 1585, 2222, 1503, 1399, 1399, 1399, 1399, 762,  762,  762,  762,
    1716, 1714, 1741, 1741, 1741, 1741, 1741, 1716, 1741, 1663, 1663, 1663, 1663, 1483, 1511, 1473,
    1382, 1382, 1382, 1382, 1382, 1382, 2146, 1214, 1389, 1389, 1389, 1389, 702,  702,  702,  702,
    1407, 1458, 1407, 1407, 1407, 1407, 1407, 1716, 1407, 1458, 1458, 1458, 1458, 1335, 1466, 1335,
};
static const struct {
    uint32_t character;
    int16_t regular, heavy;
} marks[] = {
    {0x2013, 1024, 1024},
    {0x2026, 2048, 2048},
    {0x2212, 1716, 1716},
    {0x2190, 1716, 1716},
    {0x2191, 1716, 1716},
    {0x2192, 1716, 1716},
    {0x2193, 1716, 1716},
    {0x25B2, 1575, 1575},
    {0x25B3, 1575, 1575},
    {0x25BC, 1575, 1575},
    {0x25B6, 1575, 1575},
    {0x25C0, 1575, 1575},
    {0x25CF, 1787, 1787},
    {0x25A0, 1935, 1935},
    {0x25C6, 1575, 1575},
    {0x25CB, 1787, 1787},
    {0x2713, 1716, 1716},
    {0x2715, 1716, 1716},
    {0x2264, 1716, 1716},
    {0x2265, 1716, 1716},
    {0x203A, 819,  844 },
    {0x2082, 821,  897 },
    {0x394,  1401, 1585},
};
enum { N_MARK = sizeof marks / sizeof *marks, EM = 2048 };

static const int sizes[DH_N_TYPE_SIZE] = {12, 13, 16, 24};

int dh_type_px(const struct dh_type *type, enum dh_type_size size) {
    if (type->bitmap)
        return (size == DH_BIG ? 32 : 16) * type->scale;
    return sizes[size] * type->scale;
}

int dh_type_line(const struct dh_type *type, enum dh_type_size size) {
    int px = dh_type_px(type, size);
    return type->bitmap ? px : px + px / 3;
}

int dh_type_advance(const struct dh_type *type, enum dh_type_size size, bool bold, uint32_t character) {
    int px = dh_type_px(type, size), em = 0;
    if (type->bitmap)
        return px / 2;
    if (character >= 0x20 && character <= 0xFF)
        em = (bold ? heavy : regular)[character - 0x20];
    for (int i = 0; i < N_MARK && em == 0; i++)
        if (marks[i].character == character)
            em = bold ? marks[i].heavy : marks[i].regular;
    if (em == 0)
        em = (bold ? heavy : regular)['?' - 0x20];
    return (em * px + EM / 2) / EM;
}

int dh_type_width(const struct dh_type *type, enum dh_type_size size, bool bold, const char *text, size_t n) {
    int width = 0;
    for (const char *end = text + n; text < end;)
        width += dh_type_advance(type, size, bold, dh_utf8_next(&text, end));
    return width;
}

size_t dh_type_fits(const struct dh_type *type, enum dh_type_size size, bool bold, const char *text, size_t n,
                    int width) {
    const char *at = text, *fits = text;
    for (const char *end = text + n; at < end; fits = at) {
        width -= dh_type_advance(type, size, bold, dh_utf8_next(&at, end));
        if (width < 0)
            break;
    }
    return (size_t)(fits - text);
}

uint32_t dh_utf8_next(const char **text, const char *end) {
    uint32_t character = 0xFFFD;
    if (*text >= end)
        return 0;
    size_t length = dh_utf8_decode(*text, (size_t)(end - *text), &character);
    *text += length ? length : 1;
    return character;
}

uint32_t dh_type_character(int32_t i) {
    enum { ASCII = 0x7F - 0x20, LATIN = 0x100 - 0xA0 };
    if (i < ASCII)
        return 0x20 + (uint32_t)i;
    if (i < ASCII + LATIN)
        return 0xA0 + (uint32_t)(i - ASCII);
    return i < ASCII + LATIN + N_MARK ? marks[i - ASCII - LATIN].character : 0;
}
