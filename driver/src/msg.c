/* SPDX-License-Identifier: Apache-2.0 */
/* Fills in the message of a failing function. */
#include "msg.h"

#include <stdarg.h>
#include <stdio.h>

enum quin_err quin_msg_set(struct quin_msg *m, enum quin_err e, const char *fmt, ...)
{
    if (!m)
        return e;
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(m->text, sizeof m->text, fmt, ap);
    va_end(ap);
    if (n < 0)
        m->text[0] = '\0';
    for (char *p = m->text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
    return e;
}

int quin_msg_clip(unsigned long long len)
{
    /* Two names and the sentence around them must fit in struct quin_msg. */
    return len > 100 ? 100 : (int)len;
}
