/* SPDX-License-Identifier: Apache-2.0 */
/* Error codes and the message that goes with them.
 * Every function that can fail returns an enum quin_err and, on failure, says in a struct quin_msg what is
 * wrong and what to do about it. */
#ifndef QUIN_ERR_H
#define QUIN_ERR_H

enum quin_err {
    QUIN_OK = 0,          /* done */
    QUIN_ERR_ARG,         /* the caller passed something that makes no sense */
    QUIN_ERR_IO,          /* the operating system refused to open, read, map or write */
    QUIN_ERR_FORMAT,      /* a file breaks the rules of its format, or lacks something that is needed */
    QUIN_ERR_UNSUPPORTED, /* well formed, but this version does not handle it */
    QUIN_ERR_MEMORY,      /* no memory left */
    QUIN_ERR_RANGE,       /* an index, a count or a value lies outside its limits */
    QUIN_ERR_DEVICE,      /* the device reported an error or did not answer */
    QUIN_ERR_MISMATCH     /* two sides that must agree do not (versions, results) */
};

struct quin_msg {
    char text[512]; /* one or two sentences, NUL-terminated, printable */
};

#endif
