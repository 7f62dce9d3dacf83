/* The thin checked callers of a machine's slots. */
#include "callers.h"
#include "host.h"

nt_status nt_connect(const struct nt_machine_ops *ops, const char *location,
                     struct nt_machine **out, struct nt_error *err) {
  const char *op = "connect to";
  nt_status status = nt__check_slot(
      ops->version, TABLE_HAS(nt_machine_ops, ops, connect), ops->kind, err);
  if (nt_ok(status)) {
    status = ops->connect(location, out, err);
  }
  if (location == NULL || location[0] == '\0') {
    return nt__finish(status, err, op, ops->kind);
  }
  char target[NT_NAME_MAX];
  nt_format_text(target, sizeof(target), "%s:%s", ops->kind, location);
  return nt__finish(status, err, op, target);
}

void nt_disconnect(struct nt_machine *machine) {
  if (machine != NULL && MACHINE_HAS(machine, disconnect)) {
    machine->ops->disconnect(machine);
  }
}

nt_status nt_open(struct nt_machine *machine,
                  const struct nt_open_options *options, struct nt_handle **out,
                  struct nt_error *err) {
  nt_status status =
      nt__check_machine(machine, MACHINE_HAS(machine, open), err);
  if (nt_ok(status)) {
    status = machine->ops->open(machine, options, out, err);
  }
  return nt__finish(status, err, "open", options->name);
}

nt_status nt_next_volume(struct nt_machine *machine, uint64_t *cursor,
                         struct nt_volume_info *out, struct nt_error *err) {
  nt_status status =
      nt__check_machine(machine, MACHINE_HAS(machine, next_volume), err);
  if (nt_ok(status)) {
    out->owner[0] = '\0'; /* a machine may know nothing of clusters */
    status = machine->ops->next_volume(machine, cursor, out, err);
  }
  return nt__finish_next(status, err, "list volumes of", machine);
}

nt_status nt_next_disk(struct nt_machine *machine, uint64_t *cursor,
                       struct nt_disk_info *out, struct nt_error *err) {
  nt_status status =
      nt__check_machine(machine, MACHINE_HAS(machine, next_disk), err);
  if (nt_ok(status)) {
    status = machine->ops->next_disk(machine, cursor, out, err);
  }
  return nt__finish_next(status, err, "list disks of", machine);
}

nt_status nt_next_event(struct nt_machine *machine, uint64_t *cursor,
                        struct nt_event *out, struct nt_error *err) {
  nt_status status =
      nt__check_machine(machine, MACHINE_HAS(machine, next_event), err);
  if (nt_ok(status)) {
    out->node[0] = '\0';
    status = machine->ops->next_event(machine, cursor, out, err);
  }
  return nt__finish_next(status, err, "list events of", machine);
}

nt_status nt_uninstall(struct nt_machine *machine, const char *name,
                       struct nt_error *err) {
  nt_status status =
      nt__check_machine(machine, MACHINE_HAS(machine, uninstall), err);
  if (nt_ok(status)) {
    status = machine->ops->uninstall(machine, name, err);
  }
  return nt__finish(status, err, "uninstall", name);
}

nt_status nt_eject(struct nt_machine *machine, const char *name,
                   struct nt_error *err) {
  nt_status status =
      nt__check_machine(machine, MACHINE_HAS(machine, eject), err);
  if (nt_ok(status)) {
    status = machine->ops->eject(machine, name, err);
  }
  return nt__finish(status, err, "eject", name);
}

nt_status nt_run(struct nt_machine *machine, const char *const *words,
                 bool to_stderr, int *exit_status, struct nt_error *err) {
  const struct nt_program program = {
      .words = words, .to_stderr = to_stderr, .machine = machine->name};
  nt_status status = nt__check_machine(machine, true, err);
  if (nt_ok(status)) {
    status = MACHINE_HAS(machine, run)
                 ? machine->ops->run(machine, &program, exit_status, err)
                 : nt_program_run(&program, exit_status, err);
  }
  return nt__finish(status, err, "run", words[0]);
}

nt_status nt_subscribe(struct nt_machine *machine, nt_event_fn callback,
                       void *ctx, struct nt_subscription **out,
                       struct nt_error *err) {
  nt_status status =
      nt__check_machine(machine, MACHINE_HAS(machine, subscribe), err);
  if (nt_ok(status)) {
    status = machine->ops->subscribe(machine, callback, ctx, out, err);
  }
  return nt__finish(status, err, "subscribe to", machine->name);
}

void nt_unsubscribe(struct nt_subscription *subscription) {
  subscription->machine->ops->unsubscribe(subscription);
}

nt_status nt_wait_event(struct nt_machine *machine, uint64_t after,
                        uint32_t timeout, struct nt_error *err) {
  nt_status status =
      nt__check_machine(machine, MACHINE_HAS(machine, wait_event), err);
  if (nt_ok(status)) {
    status = machine->ops->wait_event(machine, after, timeout, err);
  }
  return nt__finish_next(status, err, "watch", machine);
}

int64_t nt_clock(struct nt_machine *machine) {
  return machine->ops->version == NT_OPS_VERSION && MACHINE_HAS(machine, clock)
             ? machine->ops->clock(machine)
             : nt_steady_us();
}

nt_status nt_wait_change(struct nt_machine *machine, uint64_t *seen,
                         uint32_t timeout, struct nt_error *err) {
  nt_status status = nt__check_machine(machine, true, err);
  if (nt_ok(status) && MACHINE_HAS(machine, wait_change)) {
    status = machine->ops->wait_change(machine, seen, timeout, err);
  } else if (nt_ok(status)) {
    nt_sleep_ms(timeout);
    status = NT_STATUS_NO_MORE_ENTRIES;
  }
  return nt__finish_next(status, err, "wait on", machine);
}
