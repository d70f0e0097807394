/* SPDX-License-Identifier: Apache-2.0
 *
 * The commands, one file each; options are parsed, the exit code comes back.
 */
#ifndef QUIN_COMMANDS_H
#define QUIN_COMMANDS_H

#include "options.h"

enum quin_exit quin_run_main(const struct quin_options *o);
enum quin_exit quin_chat_main(const struct quin_options *o);
enum quin_exit quin_serve_main(const struct quin_options *o);
enum quin_exit quin_info_main(const struct quin_options *o);
enum quin_exit quin_verify_main(const struct quin_options *o);
enum quin_exit quin_perplexity_main(const struct quin_options *o);
enum quin_exit quin_doctor_main(const struct quin_options *o);
enum quin_exit quin_configs_main(const struct quin_options *o);

#endif
