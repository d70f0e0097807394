/* SPDX-License-Identifier: Apache-2.0
 *
 * What is wrong with a request, in the form of OpenAI's error object: an HTTP status, a type, a text that
 * says what to do.
 */
#ifndef QUIN_FAULT_H
#define QUIN_FAULT_H

#include <stdbool.h>

struct quin_fault {
    unsigned status;  /* of HTTP; 0: nothing is wrong */
    const char *code; /* a word for programs, NULL: none */
    const char *param; /* the field that is wrong, NULL: none */
    char text[512];   /* valid UTF-8 */
};

/* Fills in *f and returns false, so that a caller can write `return quin_fault_set(...)`. */
__attribute__((format(printf, 5, 6))) bool quin_fault_set(struct quin_fault *f, unsigned status,
                                                          const char *code, const char *param,
                                                          const char *format, ...);

/* The name of the kind of error that goes with a status: "invalid_request_error", "server_error". */
const char *quin_fault_type(unsigned status);

#endif
