/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the loader: how the parts of a model are read, at first and again (model_load.c, model_source.c).
 */
#ifndef QUIN_MODEL_SOURCE_H
#define QUIN_MODEL_SOURCE_H

#include "model.h"

/* A projection as m says that it is to be read: trits [out][in], and the scale in l. *quantised: it held masters. */
enum quin_err quin_model_read_projection(const struct quin_gguf *g, const struct quin_model *m, size_t layer,
                                         enum quin_projection p, int8_t *trits, struct quin_linear *l,
                                         bool *quantised, struct quin_msg *msg);

#endif
