/*
 * What the storage class driver reports of the device below a volume or disk
 * (docs/rules.md 4.4, codes of device MASS_STORAGE).
 */
#include <string.h>

#include "../../disk/bytes.h"
#include "../db/store.h"
#include "query.h"

/* ---- the medium ---------------------------------------------------------- */

/* Checks that there is a medium. The caller may leave out the count of changes.
 * A fixed disk always has the same medium. */
static nt_status check_verify(struct sim_request *r) {
  nt_status status = NT_STATUS_SUCCESS;
  if (r->out_cap > 0) {
    status = nt__sim_claim(r, 4);
    if (nt_ok(status)) {
      nt_put_u32(r->out, (uint32_t)r->disk.changes);
    }
  }
  return status;
}

/* STORAGE_HOTPLUG_INFO: { u32 size, u8 removable medium, u8 hotplug medium,
 * u8 hotplug device, u8 write cache } */
static nt_status hotplug_info(struct sim_request *r) {
  NT_TRY(nt__sim_claim(r, 8));
  nt_put_u32(r->out, 8);
  r->out[4] = (r->disk.flags & NT_DISK_REMOVABLE) != 0;
  return NT_STATUS_SUCCESS;
}

/* STORAGE_READ_CAPACITY */
static nt_status read_capacity(struct sim_request *r) {
  NT_TRY(nt__sim_claim(r, 32));
  nt_put_u32(r->out, 32);
  nt_put_u32(r->out + 4, 32);
  nt_put_u32(r->out + 8, r->disk.sector_size);
  nt_put_u64(r->out + 16, r->disk.length / r->disk.sector_size);
  nt_put_u64(r->out + 24, r->disk.length);
  return NT_STATUS_SUCCESS;
}

/* ---- properties ---------------------------------------------------------- */

/* STORAGE_PROPERTY_ID and STORAGE_QUERY_TYPE */
#define PROPERTY_DEVICE 0U
#define PROPERTY_ACCESS_ALIGNMENT 6U
#define QUERY_STANDARD 0U
#define QUERY_EXISTS 1U

#define BUS_FILE_BACKED_VIRTUAL 15U

/* If the buffer is too small, the descriptor is cut without a refusal: its
 * second field says how long it is. */
static nt_status put_descriptor(struct sim_request *r, const uint8_t *bytes,
                                size_t length) {
  NT_TRY(nt__sim_claim(r, 8));
  r->out_len = length < r->out_cap ? length : r->out_cap;
  memcpy(r->out, bytes, r->out_len);
  return NT_STATUS_SUCCESS;
}

#define DEVICE_DESCRIPTOR 40U /* sizeof(STORAGE_DEVICE_DESCRIPTOR) */
#define DESCRIPTOR_MAX (DEVICE_DESCRIPTOR + 64 + 64)

/* Appends a text with its zero, and returns the offset of the text. */
static uint32_t add_text(uint8_t *descriptor, size_t *used, const char *text) {
  size_t at = *used, length = strlen(text) + 1;
  memcpy(descriptor + at, text, length);
  *used += length;
  return (uint32_t)at;
}

/* STORAGE_DEVICE_DESCRIPTOR: { u32 version, u32 size, u8 type, u8 modifier, u8
 * removable, u8 queueing, u32 vendor, u32 product, u32 revision, u32 serial,
 * u32 bus type, ... }. Texts are given by their offset; 0 means none. */
static nt_status device_descriptor(struct sim_request *r) {
  uint8_t d[DESCRIPTOR_MAX] = {0};
  char model[64], serial[64];
  size_t used = 36; /* where the raw data of the device would be */
  sqlite3_stmt *stmt;
  NT_TRY(nt__sim_query(r, "SELECT model, serial FROM disk WHERE number = ?1",
                       SIM_ARGS(SIM_INT(r->disk.number)), &stmt));
  NT_TRY(nt__sim_step(r, stmt));
  nt__sim_text(stmt, 0, model, sizeof model);
  nt__sim_text(stmt, 1, serial, sizeof serial);
  sqlite3_reset(stmt);
  nt_put_u32(d, DEVICE_DESCRIPTOR);
  d[10] = (r->disk.flags & NT_DISK_REMOVABLE) != 0;
  nt_put_u32(d + 16, add_text(d, &used, model));
  nt_put_u32(d + 24, add_text(d, &used, serial));
  nt_put_u32(d + 28, BUS_FILE_BACKED_VIRTUAL);
  used = used < DEVICE_DESCRIPTOR ? DEVICE_DESCRIPTOR : used;
  nt_put_u32(d + 4, (uint32_t)used);
  return put_descriptor(r, d, used);
}

/* STORAGE_ACCESS_ALIGNMENT_DESCRIPTOR: { u32 version, u32 size, u32 cache
 * line, u32 offset of the cache, u32 logical sector, u32 physical sector,
 * u32 offset of the sectors } */
static nt_status alignment_descriptor(struct sim_request *r) {
  uint8_t d[28] = {0};
  nt_put_u32(d, sizeof d);
  nt_put_u32(d + 4, sizeof d);
  nt_put_u32(d + 16, r->disk.sector_size);
  nt_put_u32(d + 20, r->disk.sector_size);
  return put_descriptor(r, d, sizeof d);
}

/* STORAGE_PROPERTY_QUERY: { u32 property, u32 question, ... } */
static nt_status query_property(struct sim_request *r) {
  NT_TRY(nt__sim_input(r, 12, NT_STATUS_INFO_LENGTH_MISMATCH));
  uint32_t property = nt_get_u32(r->in), question = nt_get_u32(r->in + 4);
  if (question != QUERY_STANDARD && question != QUERY_EXISTS) {
    nt_fail(r->err, NT_STATUS_INVALID_PARAMETER, "%u is no kind of question",
            question);
    nt_hint(r->err, "ask 0 for the property, 1 for whether it exists");
    return NT_STATUS_INVALID_PARAMETER;
  }
  if (property != PROPERTY_DEVICE && property != PROPERTY_ACCESS_ALIGNMENT) {
    nt_fail(r->err, NT_STATUS_NOT_SUPPORTED,
            "a simulated disk does not have property %u", property);
    nt_hint(r->err, "ask for property 0 or 6");
    return NT_STATUS_NOT_SUPPORTED;
  }
  if (question == QUERY_EXISTS) {
    return NT_STATUS_SUCCESS;
  }
  return property == PROPERTY_DEVICE ? device_descriptor(r)
                                     : alignment_descriptor(r);
}

const struct sim_answer nt__sim_storage_answers[] = {
    {NT_IOCTL_STORAGE_CHECK_VERIFY, SIM_OF_MEDIUM | SIM_OF_ONLINE,
     check_verify},
    {NT_IOCTL_STORAGE_CHECK_VERIFY2, SIM_OF_MEDIUM | SIM_OF_ONLINE,
     check_verify},
    {NT_IOCTL_STORAGE_GET_HOTPLUG_INFO, 0, hotplug_info},
    {NT_IOCTL_STORAGE_READ_CAPACITY, SIM_OF_MEDIUM | SIM_OF_ONLINE,
     read_capacity},
    {NT_IOCTL_STORAGE_QUERY_PROPERTY, 0, query_property},
    {0, 0, NULL},
};
