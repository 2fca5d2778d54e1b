#include "viz/sdl/album.h"

#include "viz/sdl/thread.h"

#include <SDL_image.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_THREADS = 16, SPARE = 2 };

/* A picture on its way; then its news. */
struct page {
    struct page *next;
    SDL_Surface *picture;
    struct dh_text sidecar;
    bool quiet;
    struct dh_album_news news;
};

struct pages {
    struct page *first, **end;
};

struct dh_album {
    pthread_t threads[MAX_THREADS];
    int n_thread, most_threads;
    pthread_mutex_t lock;
    pthread_cond_t added, written; /* for the threads; for who adds */
    struct pages waiting, told;
    int n_page; /* on their way, those in work too */
    bool failed, closing;
};

static void put(struct pages *pages, struct page *page) {
    page->next = NULL;
    *pages->end = page;
    pages->end = &page->next;
}

static struct page *take(struct pages *pages) {
    struct page *page = pages->first;
    if (!page)
        return NULL;
    pages->first = page->next;
    if (!pages->first)
        pages->end = &pages->first;
    return page;
}

static void free_page(struct page *page) {
    if (!page)
        return;
    SDL_FreeSurface(page->picture);
    dh_text_free(&page->sidecar);
    free(page);
}

/* ---- one picture
 * -------------------------------------------------------------------------------------------
 */

/* "a.png" to "a.json". */
static bool write_sidecar(const char *path, const struct dh_text *text) {
    size_t n = strlen(path);
    char *name = malloc(n + sizeof ".json");
    if (!name)
        return false;
    memcpy(name, path, n + 1);
    memcpy(name + (n > 4 && strcmp(path + n - 4, ".png") == 0 ? n - 4 : n), ".json", sizeof ".json");
    FILE *out = fopen(name, "w");
    bool good = out && text->at && fwrite(text->at, 1, text->n, out) == text->n;
    good &= out && fclose(out) == 0;
    free(name);
    return good;
}

/* SDL_image does not look whether what it writes is taken: a full disk leaves a part. */
static bool is_whole(const char *path) {
    static const char iend[8] = {'I', 'E', 'N', 'D', '\xAE', 'B', '`', '\x82'};
    char last[sizeof iend];
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return true;
    FILE *in = fopen(path, "rb");
    bool whole = in && fseek(in, -(long)sizeof last, SEEK_END) == 0 && fread(last, sizeof last, 1, in) == 1 &&
                 memcmp(last, iend, sizeof last) == 0;
    if (in)
        fclose(in);
    return whole;
}

bool dh_album_write(SDL_Surface *picture, const char *path, const struct dh_text *sidecar, char *problem,
                    size_t n) {
    errno = 0;
    if (IMG_SavePNG(picture, path) != 0) {
        snprintf(problem, n, "%s", errno ? strerror(errno) : SDL_GetError());
        return false;
    }
    int number = errno;
    if (!is_whole(path)) {
        snprintf(problem, n, "%s", number ? strerror(number) : "it could not be written to its end");
        return false;
    }
    if (!write_sidecar(path, sidecar)) {
        snprintf(problem, n, "its data: %s", strerror(errno));
        return false;
    }
    problem[0] = '\0';
    return true;
}

/* ---- threads
 * -----------------------------------------------------------------------------------------------
 */

static void *work(void *self) {
    struct dh_album *a = self;
    pthread_mutex_lock(&a->lock);
    for (;;) {
        struct page *page = take(&a->waiting);
        if (!page && a->closing)
            break;
        if (!page) {
            pthread_cond_wait(&a->added, &a->lock);
            continue;
        }
        bool left_out = a->failed, good = true;
        if (!left_out) {
            pthread_mutex_unlock(&a->lock);
            good = dh_album_write(page->picture, page->news.path, &page->sidecar, page->news.problem,
                                  sizeof page->news.problem);
            pthread_mutex_lock(&a->lock);
        }
        bool first = !good && !a->failed;
        a->failed |= !good;
        a->n_page--;
        if (first || (good && !left_out && !page->quiet))
            put(&a->told, page);
        else
            free_page(page);
        pthread_cond_broadcast(&a->written);
    }
    pthread_mutex_unlock(&a->lock);
    return NULL;
}

static void start_threads(struct dh_album *a) {
    while (a->n_thread < a->most_threads && dh_thread_start(&a->threads[a->n_thread], 0, work, a))
        a->n_thread++;
}

struct dh_album *dh_album_open(int threads) {
    struct dh_album *a = calloc(1, sizeof *a);
    if (!a)
        return NULL;
    a->most_threads = threads < 1 ? 1 : threads > MAX_THREADS ? MAX_THREADS : threads;
    a->waiting.end = &a->waiting.first;
    a->told.end = &a->told.first;
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->added, NULL);
    pthread_cond_init(&a->written, NULL);
    return a;
}

void dh_album_close(struct dh_album *a) {
    if (!a)
        return;
    dh_album_finish(a);
    pthread_mutex_lock(&a->lock);
    a->closing = true;
    pthread_cond_broadcast(&a->added);
    pthread_mutex_unlock(&a->lock);
    for (int i = 0; i < a->n_thread; i++)
        pthread_join(a->threads[i], NULL);
    for (struct page *page; (page = take(&a->told));)
        free_page(page);
    pthread_cond_destroy(&a->written);
    pthread_cond_destroy(&a->added);
    pthread_mutex_destroy(&a->lock);
    free(a);
}

/* ---- for who takes pictures
 * --------------------------------------------------------------------------------
 */

bool dh_album_add(struct dh_album *a, SDL_Surface *picture, const char *path, const struct dh_text *sidecar,
                  bool quiet) {
    struct page *page = calloc(1, sizeof *page);
    if (!page)
        return false;
    page->quiet = quiet;
    page->picture = SDL_DuplicateSurface(picture);
    if (sidecar->at)
        dh_text_add(&page->sidecar, sidecar->at, sidecar->n);
    int n = snprintf(page->news.path, sizeof page->news.path, "%s", path);
    if (!page->picture || sidecar->failed || page->sidecar.failed || n >= (int)sizeof page->news.path) {
        free_page(page);
        return false;
    }
    IMG_Init(IMG_INIT_PNG); /* before threads could do so at once */
    start_threads(a);
    if (a->n_thread == 0) {
        free_page(page);
        return false;
    }
    pthread_mutex_lock(&a->lock);
    while (a->n_page >= a->n_thread + SPARE)
        pthread_cond_wait(&a->written, &a->lock);
    a->n_page++;
    put(&a->waiting, page);
    pthread_cond_signal(&a->added);
    pthread_mutex_unlock(&a->lock);
    return true;
}

bool dh_album_news(struct dh_album *a, struct dh_album_news *out) {
    pthread_mutex_lock(&a->lock);
    struct page *page = take(&a->told);
    if (page && page->news.problem[0])
        a->failed = false;
    pthread_mutex_unlock(&a->lock);
    if (page)
        *out = page->news;
    free_page(page);
    return page != NULL;
}

void dh_album_finish(struct dh_album *a) {
    pthread_mutex_lock(&a->lock);
    while (a->n_page > 0)
        pthread_cond_wait(&a->written, &a->lock);
    pthread_mutex_unlock(&a->lock);
}
