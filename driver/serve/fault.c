/* SPDX-License-Identifier: Apache-2.0
 *
 * Errors as the server tells them: see fault.h.
 */
#include "fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "utf8.h"

/* Parts of the text may come from a request; what is no character, or was cut, becomes '?'. */
static void clean(char *text)
{
    size_t left = strlen(text);
    while (left) {
        size_t n = quin_utf8_length(text, left);
        if (!n) {
            *text = '?';
            n = 1;
        }
        text += n;
        left -= n;
    }
}

bool quin_fault_set(struct quin_fault *f, unsigned status, const char *code, const char *param,
                    const char *format, ...)
{
    va_list args;
    *f = (struct quin_fault){.status = status, .code = code, .param = param};
    va_start(args, format);
    vsnprintf(f->text, sizeof f->text, format, args);
    va_end(args);
    clean(f->text);
    return false;
}

const char *quin_fault_type(unsigned status)
{
    switch (status) {
    case 401:
        return "authentication_error";
    case 403:
        return "permission_error";
    case 404:
        return "not_found_error";
    case 429:
        return "rate_limit_error";
    default:
        return status < 500 ? "invalid_request_error" : "server_error";
    }
}
