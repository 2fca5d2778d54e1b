/* Threads of the program beside the one that has the signals. */
#ifndef DH_VIZ_SDL_THREAD_H
#define DH_VIZ_SDL_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/* Starts run(self) with all signals blocked, so that they reach the thread that expects them; stack in bytes,
 * 0: the usual one. False: there is no thread to be had. Joined by pthread_join. */
bool dh_thread_start(pthread_t *thread, size_t stack, void *(*run)(void *self), void *self);

#endif
