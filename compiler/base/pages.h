/* Memory straight from the system, zeroed: what the arena's blocks are made of. */
#ifndef LAMINA_BASE_PAGES_H
#define LAMINA_BASE_PAGES_H

#include <stddef.h>

/* `size` zeroed bytes, aligned for any type, or NULL. To be given back with the same size. */
void *pages_take(size_t size);
void pages_give(void *memory, size_t size);

#endif
