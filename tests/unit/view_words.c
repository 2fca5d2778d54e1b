/* Every word of the view can be read: on every tab and overlay, with everything open that can be, at all
 * sizes, with the longest names that a scenario may have and with more things than a picture has room for.
 *
 * VIEW_WORDS=full: all of it (tests/validation/view_words.sh), otherwise a part. */
#include "tests/tests.h"

#include "tests/unit/view_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct size {
    int w, h, scale;
} all_sizes[] = {
    {1280, 720,  1},
    {1366, 768,  1},
    {1600, 900,  1},
    {1920, 1080, 1},
    {2560, 1440, 1},
    {3840, 2160, 1},
    {3840, 2160, 2},
    {2560, 1440, 2},
    {1920, 1080, 2},
    {1600, 900,  2},
    {1366, 768,  2},
    {1280, 720,  2}
};
static const struct size few_sizes[] = {
    {1280, 720,  1},
    {1920, 1080, 1},
    {3840, 2160, 2}
};

static bool full(void) {
    const char *words = getenv("VIEW_WORDS");
    return words && strcmp(words, "full") == 0;
}

static void press(struct dh_view *view, int key) {
    dh_view_input(view, &(struct dh_view_input){.kind = DH_IN_KEY, .key = key});
}

static void type(struct dh_view *view, const char *text) {
    for (; *text; text++)
        dh_view_input(view, &(struct dh_view_input){.kind = DH_IN_TEXT, .text = {*text}});
}

/* What is looked at, for the message, and what was found. */
struct look {
    struct view_look *of;
    const char *name;
    struct size size;
    bool tell;                /* which words those are */
    int pictures, cut, wrong; /* cut: words that an ellipsis ends */
};

static void see(struct look *l, const char *what) {
    const char *complaint = view_look_complaint(l->of);
    l->pictures++;
    l->cut += view_look_cut(l->of);
    if (l->tell)
        view_look_tell_cut(l->of, what);
    if (*complaint && l->wrong++ < 100)
        print_message("# %.60s, %s, %dx%d, scale %d: %s\n", l->name, what, l->size.w, l->size.h,
                      l->size.scale, complaint);
}

/* The first and the last thing of a kind that has a name. */
static void see_things(struct look *l, struct dh_view *view, const char *where) {
    char what[160], name[96];
    for (int kind = DH_NOTHING + 1; kind < DH_N_WHAT; kind++)
        for (int end = 0; end < 2; end++) {
            int32_t n = view_look_count(l->of, (enum dh_view_what)kind);
            if (n == 0 || (end == 1 && n == 1))
                continue;
            view_look_select(l->of, (enum dh_view_what)kind, end == 0 ? 0 : n - 1, name);
            snprintf(what, sizeof what, "%s, %.40s %s", where, name, kind == DH_A_JOB ? "(a job)" : "");
            see(l, what);
        }
    press(view, DH_KEY_ESCAPE);
}

static void see_pins(struct look *l, struct dh_view *view) {
    static const enum dh_view_what kinds[] = {DH_A_RACK, DH_A_STAGE, DH_A_HALL, DH_A_CPLANT, DH_A_SERVICE};
    char name[96];
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        int32_t n = view_look_count(l->of, kinds[k]);
        for (int32_t i = 0; i < n && i < 5; i++) {
            view_look_select(l->of, kinds[k], i, name);
            if (i < 4)
                press(view, 'c');
            see(l, "compared things");
        }
        press(view, DH_KEY_ESCAPE);
        press(view, DH_KEY_ESCAPE);
    }
}

/* Buttons of everything, and what they open. */
static void see_deeds(struct look *l, struct dh_view *view) {
    static const struct {
        int key;
        const char *text;
    } forms[] = {
        {'e', "e999999999999999999999 kW for ever and ever and longer"},
        {'i', "i1000000000000000000000000000000000000000000000000"    },
        {'b', "b20 min"                                               }
    };
    char name[96];
    dh_view_hear(view, true);
    see_things(l, view, "with buttons");
    see(l, "buttons of the site");
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (view_look_count(l->of, DH_A_STAGE) > 0)
            view_look_select(l->of, DH_A_STAGE, 0, name);
        press(view, forms[i].key);
        if (!dh_view_wants_text(view))
            continue;
        type(view, forms[i].text);
        press(view, DH_KEY_TAB);
        see(l, "a form");
        press(view, DH_KEY_ENTER);
        struct dh_view_deed deed;
        while (dh_view_deed(view, &deed)) {
        }
        dh_view_answer(view, false,
                       "a refusal that explains itself at some length, with what was meant by it and what "
                       "could be done instead of what was asked for");
        see(l, "a form that was refused");
        press(view, DH_KEY_ESCAPE);
        dh_view_answer(view, true, "Asked of the run: something with a name that is as long as it may be");
        see(l, "an answer");
    }
    dh_view_hear(view, false);
}

static void see_over(struct look *l, struct dh_view *view) {
    press(view, '?');
    see(l, "help");
    press(view, DH_KEY_ESCAPE);
    press(view, '/');
    see(l, "search");
    type(view, "W");
    see(l, "search for W");
    type(view, "nothing of this name");
    see(l, "search in vain");
    press(view, DH_KEY_ESCAPE);
    for (int i = 0; i < 3; i++) {
        press(view, 'l');
        press(view, 'p');
        press(view, 'm');
        see(l, "another scale");
    }
}

static void see_tabs(struct look *l, struct dh_view *view) {
    char what[80];
    for (int tab = 0; tab < DH_N_TAB; tab++) {
        dh_view_show_tab(view, (enum dh_view_tab)tab);
        for (int overlay = 1; overlay <= (tab == DH_TAB_FLOOR ? 9 : 1); overlay++) {
            dh_view_show_overlay(view, overlay);
            snprintf(what, sizeof what, "%s, overlay %d", dh_tab_names[tab], overlay);
            see(l, what);
        }
    }
    dh_view_show_tab(view, DH_TAB_FLOOR);
}

/* The pointer over a grid of places: whatever has a tip shows it. */
static void see_tips(struct look *l, struct dh_view *view) {
    enum { COLUMNS = 6, ROWS = 5 };
    for (int i = 0; i < COLUMNS * ROWS; i++) {
        dh_view_input(view,
                      &(struct dh_view_input){.kind = DH_IN_MOVE,
                                              .x = (float)l->size.w * ((float)(i % COLUMNS) + 0.5f) / COLUMNS,
                                              .y = (float)l->size.h * ((float)(i / COLUMNS) + 0.5f) / ROWS});
        see(l, "a tip");
    }
    dh_view_input(view, &(struct dh_view_input){.kind = DH_IN_LEAVE});
}

static void see_all(struct look *l, struct view_look *of, const char *name) {
    const struct size *sizes = full() ? all_sizes : few_sizes;
    size_t n = full() ? sizeof all_sizes / sizeof *all_sizes : sizeof few_sizes / sizeof *few_sizes;
    l->of = of;
    l->name = name;
    for (size_t i = 0; i < n; i++) {
        l->size = sizes[i];
        dh_view_resize(of->view, sizes[i].w, sizes[i].h, sizes[i].scale);
        see_tabs(l, of->view);
        see_over(l, of->view);
        for (int tab = 0; tab < (full() ? DH_N_TAB : 1); tab++) {
            dh_view_show_tab(of->view, (enum dh_view_tab)tab);
            see_things(l, of->view, dh_tab_names[tab]);
            if (full())
                see_tips(l, of->view);
        }
        dh_view_show_tab(of->view, DH_TAB_FLOOR);
        see_pins(l, of->view);
        see_deeds(l, of->view);
    }
}

/* What a reader of the shipped examples would have to guess, at the three sizes that are looked at. */
static void tell_cut(struct view_look *of, const char *name) {
    static const struct size looked_at[] = {
        {1280, 720,  0},
        {1920, 1080, 0},
        {3840, 2160, 0}
    };
    for (size_t i = 0; i < sizeof looked_at / sizeof *looked_at; i++) {
        struct look l = {.of = of, .name = name, .size = looked_at[i], .tell = true};
        dh_view_resize(of->view, l.size.w, l.size.h, 0);
        see_tabs(&l, of->view);
        see_things(&l, of->view, "selected");
        print_message("# %s, %dx%d: %d words of %d pictures end with an ellipsis\n", name, l.size.w, l.size.h,
                      l.cut, l.pictures);
    }
}

/* ---- scenarios that go to the end of what is permitted ----------------------------------------------------
 */

enum { LONGEST = 255 };

/* "WWW…W-h-7", as long as it may be: W is the widest letter. */
static const char *id(char room[static LONGEST + 1], int bytes, const char *kind, int i) {
    char tail[32];
    int n = snprintf(tail, sizeof tail, "%s%s-%d", bytes > 20 ? "-" : "", kind, i),
        w = bytes > n ? bytes - n : 0;
    memset(room, 'W', (size_t)w);
    memcpy(room + w, tail, (size_t)n + 1);
    return room;
}

/* n of everything, with names of so many bytes. */
static void write_scenario(FILE *out, int n, int bytes) {
    char a[LONGEST + 1], b[LONGEST + 1], c[LONGEST + 1];
    fprintf(out, "<scenario xmlns=\"urn:datahall:scenario:1\" name=\"%s\" seed=\"1\" title=\"%s\">",
            id(a, bytes, "name", 0), id(b, bytes, "title", 0));
    static const char *const imports[] = {"racks", "power",   "plants",  "climates",
                                          "grids", "tariffs", "fabrics", "clouds"};
    for (size_t i = 0; i < sizeof imports / sizeof *imports; i++)
        fprintf(out, "<import href=\"catalog:%s.xml\"/>", imports[i]);
    fprintf(out,
            "<horizon start=\"2026-07-06T00:00:00Z\" duration=\"3 h\"/>"
            "<site id=\"%s\" climate=\"ashburn\" grid=\"pjm-virginia\" tariff=\"virginia-tou\"><power>"
            "<utility id=\"%s\" rated=\"90 MW\"/>",
            id(a, bytes, "site", 0), id(b, bytes, "grid", 0));
    for (int i = 0; i < n; i++) {
        fprintf(out,
                "<ups id=\"%s\" base=\"ups-double-conversion\" feed=\"%s\" rated=\"200 kW\" count=\"2\"/>",
                id(a, bytes, "ups", i), id(b, bytes, "grid", 0));
        fprintf(out, "<pdu id=\"%s\" base=\"pdu-busway\" feed=\"%s\" rated=\"200 kW\"/>",
                id(a, bytes, "pdu", i), id(b, bytes, "ups", i));
    }
    fprintf(out, "<solar id=\"%s\" feed=\"%s\" rated=\"1 MW\" mount=\"tracked\" clearness=\"0.75\"/>",
            id(a, bytes, "solar", 0), id(b, bytes, "grid", 0));
    fprintf(out, "</power><cooling>");
    for (int i = 0; i < n; i++) {
        fprintf(
            out,
            "<chiller-plant id=\"%s\" base=\"chiller-tower-economizer\" feed=\"%s\" capacity=\"300 kW\"/>",
            id(a, bytes, "chilled", i), id(b, bytes, "grid", 0));
        fprintf(out, "<liquid-plant id=\"%s\" base=\"warm-water-dry\" feed=\"%s\" capacity=\"300 kW\"/>",
                id(a, bytes, "warm", i), id(b, bytes, "grid", 0));
        fprintf(out, "<cdu id=\"%s\" base=\"cdu-1350kw\" plant=\"%s\" feed=\"%s\"/>", id(a, bytes, "cdu", i),
                id(b, bytes, "warm", i), id(c, bytes, "ups", i));
    }
    fprintf(out, "</cooling>");
    for (int i = 0; i < n; i++) {
        fprintf(out, "<hall id=\"%s\" plant=\"%s\">", id(a, bytes, "hall", i), id(b, bytes, "chilled", i));
        fprintf(out, "<row id=\"%s\" rack=\"hgx-h100-liquid\" count=\"2\" feed=\"%s\" cdu=\"%s\"/></hall>",
                id(a, bytes - 4, "row", i), id(b, bytes, "pdu", i), id(c, bytes, "cdu", i));
    }
    fprintf(out,
            "</site><fabric id=\"%s\" network=\"infiniband-ndr\" hosts-per-leaf=\"64\" units=\"%d\">"
            "<switch tier=\"leaf\" oversubscription=\"4\" power=\"747 W\"/>"
            "<switch tier=\"spine\" power=\"747 W\"/></fabric><storage adapter=\"50 GB/s\">",
            id(a, bytes, "net", 0), 2 * n);
    for (int i = 0; i < n; i++)
        fprintf(
            out,
            "<object-store id=\"%s\" servers=\"4\" read=\"5 GB/s\" overhead=\"1.5\" capacity=\"200 TB\"/>",
            id(a, bytes, "store", i));
    fprintf(out, "</storage><workload>");
    for (int i = 0; i < n; i++)
        fprintf(out,
                "<service id=\"%s\" replica-gpus=\"1\" min-replicas=\"1\" max-replicas=\"4\" rate=\"1 1/s\" "
                "prompt-tokens=\"1155\" output-tokens=\"211\" prefill-rate=\"60000\" decode-rate=\"9000\"/>",
                id(a, bytes, "service", i));
    for (int i = 0; i < n; i++) {
        fprintf(out, "<dataset id=\"%s\" size=\"8.64 TB\" growth=\"100 MB/s\" item-size=\"1 MB\"/>",
                id(a, bytes, "raw", i));
        fprintf(out, "<dataset id=\"%s\" store=\"%s\" item-size=\"500 kB\" keep=\"3\"/>",
                id(a, bytes, "data", i), id(b, bytes, "store", i));
        fprintf(out, "<pipeline id=\"%s\" every=\"1 h\">", id(a, bytes, "pipeline", i));
        fprintf(out, "<stage id=\"%s\" kind=\"ingest\" reads=\"%s\" takes=\"new\" path=\"10 Gbit/s\"/>",
                id(a, bytes, "fetch", i), id(b, bytes, "raw", i));
        fprintf(out,
                "<stage id=\"%s\" kind=\"clean\" reads=\"%s\" writes=\"%s\" ratio=\"0.5\" cpu=\"6 s\" "
                "cores=\"128\"/></pipeline>",
                id(a, bytes, "clean", i), id(b, bytes, "fetch", i), id(c, bytes, "data", i));
    }
    fprintf(out,
            "<jobs id=\"%s\" kind=\"training\" arrival=\"regular\" rate=\"%d 1/h\" duration=\"constant\" "
            "mean=\"2 h\" overestimate=\"2\"><size gpus=\"8\" share=\"1\"/></jobs></workload>"
            "<burst threshold=\"20 min\" provider=\"aws-us-east-1\" instance=\"p5.48xlarge\"/></scenario>",
            id(a, bytes, "job", 0), 3 * n);
}

static void see_made(struct look *l, int n, int bytes) {
    char path[64] = "/tmp/datahall-words-XXXXXX.xml", name[64];
    struct view_look of;
    dh_time at;
    int fd = mkstemps(path, 4);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    assert_non_null(out);
    write_scenario(out, n, bytes);
    fclose(out);
    snprintf(name, sizeof name, "%d of each, names of %d bytes", n, bytes);
    view_look_open(&of, path, "2 h");
    unlink(path);
    assert_true(dh_view_time_of(of.view, "90 min", &at));
    dh_view_seek(of.view, at);
    see_all(l, &of, name);
    view_look_close(&of);
}

void words_can_be_read_whatever_is_open(void **state) {
    static const struct {
        const char *scenario, *until, *at;
    } shown[] = {
        {"gb200-pod",     "3 h",    "2 h"   },
        {"two-cords",     "3.2 h",  "3.1 h" },
        {"small-hall",    "6 h",    "5 h"   },
        {"shared-spine",  "1 h",    "30 min"},
        {"data-pipeline", "1 d",    "11 h"  },
        {"redundancy",    "2 h",    "90 min"},
        {"solar-battery", "12 h",   "9 h"   },
        {"hot-weather",   "12 h",   "9 h"   },
        {"ai-factory",    "2 h",    "1 h"   },
        {"frontier",      "10 min", "5 min" },
        {"ashburn-24mw",  "20 min", "15 min"}
    };
    struct look l = {0};
    (void)state;
    for (size_t i = 0; i < (full() ? sizeof shown / sizeof *shown : 1); i++) {
        char path[96];
        struct view_look of;
        dh_time at;
        int before = l.cut, pictures = l.pictures;
        snprintf(path, sizeof path, "scenarios/examples/%s.xml", shown[i].scenario);
        view_look_open(&of, path, shown[i].until);
        assert_true(dh_view_time_of(of.view, shown[i].at, &at));
        dh_view_seek(of.view, at);
        see_all(&l, &of, shown[i].scenario);
        if (full())
            tell_cut(&of, shown[i].scenario);
        view_look_close(&of);
        if (full())
            print_message("# %s: %d pictures, %d words end with an ellipsis\n", shown[i].scenario,
                          l.pictures - pictures, l.cut - before);
    }
    assert_int_equal(l.wrong, 0);
}

void words_of_the_longest_names_can_be_read(void **state) {
    struct look l = {0};
    (void)state;
    see_made(&l, 2, LONGEST);
    if (full()) {
        see_made(&l, 60, 12);
        see_made(&l, 20, 60);
    }
    assert_int_equal(l.wrong, 0);
}
