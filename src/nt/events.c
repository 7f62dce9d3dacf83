/* The table of volume notifications. */
#include "events.h"

#include "text.h"

static const struct nt_event_row rows[] = {
#define X(name, code, guid) {#name, code, guid},
    NT_EVENT_LIST(X)
#undef X
};

const struct nt_event_row *nt_event_at(size_t index) {
  return index < sizeof(rows) / sizeof(rows[0]) ? &rows[index] : NULL;
}

const struct nt_event_row *nt_event_of_guid(const char *guid) {
  const struct nt_event_row *row;
  for (size_t i = 0; (row = nt_event_at(i)) != NULL; i++) {
    if (nt_same_text(row->guid, guid)) {
      return row;
    }
  }
  return NULL;
}
