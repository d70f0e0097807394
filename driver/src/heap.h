/* SPDX-License-Identifier: Apache-2.0 */
/* A heap of candidates, smallest first: the key rank << 32 | position orders by rank first and by position among
 * equals. Private to the tokenizer. */
#ifndef QUIN_HEAP_H
#define QUIN_HEAP_H

#include <stddef.h>
#include <stdint.h>

static inline void quin_heap_push(uint64_t *heap, size_t *n, uint64_t key)
{
    size_t i = (*n)++;
    for (; i > 0 && heap[(i - 1) / 2] > key; i = (i - 1) / 2)
        heap[i] = heap[(i - 1) / 2];
    heap[i] = key;
}

static inline uint64_t quin_heap_pop(uint64_t *heap, size_t *n)
{
    uint64_t top = heap[0], key = heap[--*n];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= *n)
            break;
        if (child + 1 < *n && heap[child + 1] < heap[child])
            child++;
        if (heap[child] >= key)
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = key;
    return top;
}

#endif
