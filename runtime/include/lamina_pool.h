/* lamina_pool.h: threads for models compiled with --threads=N, on POSIX systems; link with -llamina_pool
 * -lpthread, or compile runtime/pool/pool.c with the program. Any other thread pool does as well: it fills a
 * lamina_parallel.
 *
 *     lamina_pool *pool = lamina_pool_new(4);
 *     int status = NAME_run(..., workspace, lamina_pool_parallel(pool));
 *     lamina_pool_delete(pool);
 *
 * One pool serves any number of models, one run at a time: what a second thread asks of it in the meantime
 * runs on that thread alone.
 */
#ifndef LAMINA_POOL_H
#define LAMINA_POOL_H

#include "lamina.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lamina_pool lamina_pool;

/* n_workers counts the calling thread; 0: as many as there are processors. NULL: no memory, or no more
 * threads. */
lamina_pool *lamina_pool_new(size_t n_workers);
/* What run functions take; NULL for NULL. Belongs to the pool. */
const lamina_parallel *lamina_pool_parallel(const lamina_pool *pool);
/* Not while a model runs on it. NULL is allowed. */
void lamina_pool_delete(lamina_pool *pool);

#ifdef __cplusplus
}
#endif
#endif
