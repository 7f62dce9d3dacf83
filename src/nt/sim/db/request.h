/*
 * A request on its way through the simulated machine. It carries what is the
 * same for every function that has a part in it: the machine, the error that a
 * refusal fills, and the rows that were loaded for it.
 */
#ifndef NT_SIM_DB_REQUEST_H
#define NT_SIM_DB_REQUEST_H

#include "rows.h"

struct sim_request {
  struct sim_machine *m;
  struct nt_error *err;          /* a refusal fills it; never NULL */
  struct sim_handle *handle;     /* NULL: the request is the machine's */
  struct sim_volume volume;      /* id 0: the handle is a disk's */
  struct sim_file_object object; /* of requests to a file system */
  struct sim_instance instance;  /* of requests to a file system */
  struct sim_disk disk; /* for requests to a device: the (first) disk */
  const uint8_t *in;    /* of a control code, as the next ones */
  size_t in_len;
  uint8_t *out;
  size_t out_cap, out_len;
  uint64_t offset; /* of a read or a write, as the next one */
  size_t len;
};

/* A request with no rows yet, for a single call: of somebody who has none, or
 * of a step that may fail without failing the request, with an error of its
 * own. */
#define SIM_REQUEST(machine, error) \
  (&(struct sim_request){.m = (machine), .err = (error)})

#endif
