/* SPDX-License-Identifier: Apache-2.0
 *
 * Backend "rtl": the Verilated device, loaded from the shared object of its configuration that lies beside the program, and
 * a golden device that follows it in lockstep.
 */
#define _GNU_SOURCE /* readlink with C11 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend.h"
#include "lockstep.h"
#include "msg.h"
#include "quin_sim.h"
#include "timeline.h"

enum {
    SLICE_CYCLES = 100000,     /* simulated between two looks at whether anything moves */
    PATIENCE_CYCLES = 40000000 /* without a retired command or a change of the register: the device is stuck */
};

struct rtl {
    void *object;
    const struct quin_sim_api *api;
    struct quin_sim *sim;
    struct quin_lockstep *lockstep;
    struct quin_timeline *timeline; /* NULL: none is written */
    uint64_t retired; /* commands so far */
};

/* ---- opening ---- */

/* build/quintrit finds build/rtl/sim/libquin_sim.so; one that can write waveforms lies in build/rtl/sim-trace. */
static enum quin_err load(struct rtl *r, const char *config, bool trace, struct quin_msg *msg)
{
    const char *flag = trace ? " TRACE=FILE" : "";
    char self[4096], path[sizeof self + 128];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    self[length > 0 ? length : 0] = 0;
    char *slash = strrchr(self, '/');
    if (slash)
        *slash = 0;
    snprintf(path, sizeof path, "%s/rtl/%.64s%s/libquin_sim.so", slash ? self : ".", config, trace ? "-trace" : "");
    if (access(path, R_OK))
        return quin_msg_set(msg, QUIN_ERR_DEVICE, "there is no simulation of configuration '%s'%s; `make rtl CONFIG=%s%s` builds it",
                            config, trace ? " that writes waveforms" : "", config, flag);
    r->object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!r->object)
        return quin_msg_set(msg, QUIN_ERR_DEVICE, "cannot load the simulation: %s", dlerror());
    const struct quin_sim_api *(*open)(void);
    *(void **)&open = dlsym(r->object, "quin_sim_open"); /* POSIX: how a function comes out of dlsym */
    r->api = open ? open() : NULL;
    if (!r->api || r->api->bytes != sizeof *r->api || r->api->options_bytes != sizeof(struct quin_sim_options) ||
        strcmp(r->api->config, config))
        return quin_msg_set(msg, QUIN_ERR_MISMATCH, "%s is not a simulation of configuration '%s' for this program; `make rtl CONFIG=%s` builds it",
                            path, config, config);
    return QUIN_OK;
}

static void rtl_close(void *device)
{
    struct rtl *r = device;
    if (!r)
        return;
    if (r->sim)
        r->api->destroy(r->sim);
    (void)quin_timeline_close(r->timeline, NULL);
    quin_lockstep_destroy(r->lockstep);
    if (r->object)
        dlclose(r->object);
    free(r);
}

static uint32_t peek(const void *device, uint32_t word)
{
    const struct rtl *r = device;
    return r->api->scratchpad(r->sim, word);
}

static void on_retire(void *user, uint32_t unit, const struct quin_retire *record)
{
    struct rtl *r = user;
    r->retired++;
    quin_lockstep_retired(r->lockstep, record);
    if (r->timeline)
        quin_timeline_retired(r->timeline, r->api->cycles(r->sim), unit, record);
}

static uint64_t golden_greg(const void *user, uint32_t i)
{
    return quin_lockstep_greg(((const struct rtl *)user)->lockstep, i);
}

static void on_command(void *user, uint32_t index, const struct quin_cmd *cmd)
{
    quin_timeline_command(((struct rtl *)user)->timeline, index, cmd, golden_greg, user);
}

static void on_sample(void *user, uint64_t cycle, const uint64_t *counters)
{
    quin_timeline_counters(((struct rtl *)user)->timeline, cycle, counters);
}

static void on_write(void *user, uint32_t offset, uint32_t value)
{
    quin_lockstep_reg_write(((struct rtl *)user)->lockstep, offset, value);
}

static enum quin_err open_timeline(struct rtl *r, const struct quin_backend_options *options, struct quin_msg *msg)
{
    if (!options->observation.timeline)
        return QUIN_OK;
    enum quin_err err = quin_timeline_open(options->observation.timeline, options->config, 0, &r->timeline, msg);
    if (err)
        return err;
    quin_lockstep_on_command(r->lockstep, on_command, r);
    r->api->on_sample(r->sim, QUIN_TIMELINE_PERIOD, on_sample, r);
    return QUIN_OK;
}

static enum quin_err rtl_open(const struct quin_backend_options *options, void **device, struct quin_msg *msg)
{
    const struct quin_config *config = quin_config_find(options->config);
    if (!config)
        return quin_msg_set(msg, QUIN_ERR_ARG, "no configuration '%s'; see docs/configurations.md", options->config);
    struct rtl *r = calloc(1, sizeof *r);
    enum quin_err err = r ? load(r, options->config, options->observation.trace != NULL, msg)
                          : quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory for a device");
    if (!err) {
        const struct quin_observation *see = &options->observation;
        const struct quin_sim_options o = {.dram_bytes = options->dram_bytes, .ideal_memory = options->ideal_memory,
                                           .trace = see->trace, .trace_from = see->trace_from, .trace_to = see->trace_to};
        r->sim = r->api->create(&o);
        r->lockstep = quin_lockstep_create(config, options->dram_bytes, peek, r);
        if (!r->sim || !r->lockstep)
            err = quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory for a simulated device with %llu bytes of DRAM%s",
                               (unsigned long long)options->dram_bytes,
                               o.trace ? ", or the waveform's file cannot be written" : "");
        else
            err = open_timeline(r, options, msg);
    }
    if (err) {
        rtl_close(r);
        return err;
    }
    r->api->on_retire(r->sim, on_retire, r);
    r->api->on_write(r->sim, on_write, r);
    *device = r;
    return QUIN_OK;
}

/* ---- access ---- */

static enum quin_err rtl_reg_read(void *device, uint32_t offset, uint32_t *value, struct quin_msg *msg)
{
    struct rtl *r = device;
    (void)msg;
    *value = r->api->reg_read(r->sim, offset);
    return QUIN_OK;
}

static enum quin_err rtl_reg_write(void *device, uint32_t offset, uint32_t value, struct quin_msg *msg)
{
    struct rtl *r = device;
    (void)msg;
    r->api->reg_write(r->sim, offset, value);
    return QUIN_OK;
}

/* The bytes of a range, NULL if it does not lie in the DRAM. */
static uint8_t *inside(const struct rtl *r, uint64_t address, uint64_t bytes, struct quin_msg *msg)
{
    uint64_t size;
    uint8_t *memory = r->api->memory(r->sim, &size);
    if (address <= size && bytes <= size - address)
        return memory + address;
    (void)quin_msg_set(msg, QUIN_ERR_RANGE, "%llu bytes at DRAM address 0x%llx are not all there", (unsigned long long)bytes,
                       (unsigned long long)address);
    return NULL;
}

static enum quin_err rtl_mem_read(void *device, uint64_t address, void *data, size_t bytes, struct quin_msg *msg)
{
    const uint8_t *at = inside(device, address, bytes, msg);
    if (!at)
        return QUIN_ERR_RANGE;
    memcpy(data, at, bytes);
    return QUIN_OK;
}

static enum quin_err rtl_mem_write(void *device, uint64_t address, const void *data, size_t bytes, struct quin_msg *msg)
{
    struct rtl *r = device;
    uint8_t *at = inside(r, address, bytes, msg);
    if (!at)
        return QUIN_ERR_RANGE;
    memcpy(at, data, bytes);
    (void)quin_lockstep_mem_write(r->lockstep, address, data, bytes);
    return QUIN_OK;
}

static enum quin_err rtl_wait(void *device, uint32_t offset, uint32_t old, struct quin_msg *msg)
{
    struct rtl *r = device;
    uint64_t seen = r->retired, since = r->api->cycles(r->sim);
    enum quin_err err;
    while (r->api->wait(r->sim, offset, old, SLICE_CYCLES) == old) {
        if (r->api->trapped(r->sim))
            return quin_msg_set(msg, QUIN_ERR_DEVICE, "the firmware stopped at an instruction that its core does not have");
        if (r->timeline && (err = quin_timeline_check(r->timeline, msg)))
            return err;
        if (r->retired != seen) {
            seen = r->retired;
            since = r->api->cycles(r->sim);
        } else if (r->api->cycles(r->sim) - since > PATIENCE_CYCLES) {
            return quin_msg_set(msg, QUIN_ERR_DEVICE, "register 0x%03x did not change for %d million cycles, and no command "
                                "retired", offset, PATIENCE_CYCLES / 1000000);
        }
    }
    return QUIN_OK;
}

static uint64_t rtl_differences(void *device, uint64_t *compared, char text[256])
{
    return quin_lockstep_differences(((struct rtl *)device)->lockstep, compared, text);
}

const struct quin_backend quin_backend_rtl = {
    .name = "rtl",
    .doc = "the RTL in Verilator, every command compared with the golden model",
    .open = rtl_open,
    .close = rtl_close,
    .reg_read = rtl_reg_read,
    .reg_write = rtl_reg_write,
    .mem_read = rtl_mem_read,
    .mem_write = rtl_mem_write,
    .wait = rtl_wait,
    .differences = rtl_differences,
};
