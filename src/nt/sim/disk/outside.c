/*
 * Decides which files a machine may read and write. A machine folder may come
 * from somebody else; whatever its database says, its images are plain files in
 * the folder. This user has to allow an image that is elsewhere, and also one
 * in the folder that is a hard link, because that leads elsewhere as well.
 *
 * What the user allowed is noted in the folder of ntvol's state, where no
 * archive that is unpacked puts anything. A note holds for one machine (a
 * random number in its database), in one folder, with one file machine.db. A
 * machine that was sent away and came back, or was copied, counts as another
 * one. Besides, nobody else may be able to write to the folder and the
 * database; otherwise he could change what a trusted machine says.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../db/store.h"
#include "image.h"

void nt__sim_image_path(const struct sim_machine *m, const char *image,
                        char *buf, size_t cap) {
  if (m->folder[0] == '\0' || nt_path_is_absolute(image)) {
    nt_copy(buf, cap, image);
  } else {
    nt_path_join(buf, cap, m->folder, image);
  }
}

bool nt__sim_is_outside(const struct sim_machine *m, const char *image) {
  return m->folder[0] != '\0' && strpbrk(image, "/\\:") != NULL;
}

/* ---- refusals ------------------------------------------------------------ */

static nt_status not_allowed(const struct sim_request *r, const char *path) {
  nt_refuse(
      r->err, NT_REASON_IMAGE_OUTSIDE,
      "the image %s lies outside of the machine's folder, and you have not "
      "allowed that to this machine",
      path);
  nt_hint(r->err,
          "if you trust the machine: ntvol sim check %s --allow-images; a "
          "machine that was moved or copied has to be allowed anew",
          r->m->folder);
  return NT_STATUS_ACCESS_DENIED;
}

static nt_status is_hard_link(const struct sim_request *r, const char *path) {
  nt_refuse(r->err, NT_REASON_IMAGE_OUTSIDE,
            "the image %s is a hard link: the file has another name, too, and "
            "you have not allowed that to this machine",
            path);
  nt_hint(r->err,
          "put a copy of the file in its place, or, if you trust the machine: "
          "ntvol sim check %s --allow-images",
          r->m->folder);
  return NT_STATUS_ACCESS_DENIED;
}

static nt_status check_owner_of(const char *path, struct nt_error *err) {
  struct nt_path_facts facts;
  NT_TRY(nt_path_look(path, &facts, err));
  if (!facts.foreign && !facts.shared) {
    return NT_STATUS_SUCCESS;
  }
  nt_refuse(err, NT_REASON_IMAGE_OUTSIDE,
            "%s %s, so images outside of the machine's folder are not used",
            path,
            facts.foreign ? "belongs to another user"
                          : "can be written by other users");
  nt_hint(err,
          facts.foreign ? "make a machine of your own around the images with "
                          "--disk-image"
                        : "take the right away: chmod go-w %s",
          path);
  return NT_STATUS_ACCESS_DENIED;
}

static nt_status check_owner(const struct sim_request *r) {
  NT_TRY(check_owner_of(r->m->folder, r->err));
  return check_owner_of(r->m->db_path, r->err);
}

/* ---- notes --------------------------------------------------------------- */

/* There is a file for each machine. It consists of texts that end in a zero
 * byte: the first says which database, the second in which folder; the others
 * are images. */
struct notes {
  char path[4096];
  char which[80];
  char *bytes; /* NULL: there are none */
  size_t length;
};

/* No file of notes that this program wrote is larger. */
#define MOST_NOTES (1U << 20)

static nt_status name_notes(const struct sim_request *r, struct notes *n,
                            char folder[4096]) {
  char state[4000];
  int64_t id = 0;
  struct nt_path_facts facts;
  NT_TRY(nt__sim_number(r, "SELECT value FROM setting WHERE name = 'machine'",
                        SIM_NO_ARGS, 0, &id));
  if (id == 0) {
    nt_refuse(r->err, NT_REASON_MACHINE_DAMAGED,
              "%s: table setting has no row machine", r->m->db_path);
    nt_hint(r->err, "make a new machine around the images with --disk-image");
    return NT_STATUS_FILE_CORRUPT_ERROR;
  }
  NT_TRY(nt_state_folder(state, sizeof state, r->err));
  NT_TRY(nt_path_look(r->m->db_path, &facts, r->err));
  nt_path_join(folder, 4096, state, "images");
  char name[32];
  nt_format_text(name, sizeof name, "%016" PRIx64, (uint64_t)id);
  nt_path_join(n->path, sizeof n->path, folder, name);
  /* The number of the device is left out, because such numbers change when a
   * computer starts. */
  nt_format_text(n->which, sizeof n->which, "machine.db %" PRIu64 " %" PRId64,
                 facts.inode, facts.born);
  return NT_STATUS_SUCCESS;
}

static bool same_text(const struct notes *n, size_t *at, const char *text) {
  size_t length = strlen(text) + 1;
  if (n->length - *at < length || memcmp(n->bytes + *at, text, length) != 0) {
    return false;
  }
  *at += length;
  return true;
}

/* Reads the notes of this machine only; notes of another one are ignored. */
static nt_status read_notes(const struct sim_request *r, struct notes *n) {
  struct nt_file *file;
  struct nt_file_facts facts;
  size_t done = 0, at = 0;
  nt_status status = nt_file_open_plain(n->path, false, &file, r->err);
  if (!nt_ok(status)) {
    return status == NT_STATUS_OBJECT_NAME_NOT_FOUND ? NT_STATUS_SUCCESS
                                                     : status;
  }
  status = nt_file_look(file, &facts, r->err);
  if (nt_ok(status) && facts.regular && facts.length <= MOST_NOTES) {
    n->length = (size_t)facts.length;
    n->bytes = malloc(n->length + 1);
    status = n->bytes
                 ? nt_file_read(file, 0, n->bytes, n->length, &done, r->err)
                 : nt_fail(r->err, NT_STATUS_NO_MEMORY, NULL);
  }
  nt_file_close(file);
  if (!nt_ok(status) || done != n->length || !same_text(n, &at, n->which) ||
      !same_text(n, &at, r->m->folder)) {
    free(n->bytes);
    n->bytes = NULL;
    n->length = 0;
  }
  return status;
}

static bool is_noted(const struct notes *n, const char *image) {
  size_t length = strlen(image) + 1;
  for (size_t at = 0; at < n->length;) {
    const char *end = memchr(n->bytes + at, 0, n->length - at);
    if (!end) {
      return false; /* the last note was not written to its end */
    }
    size_t next = (size_t)(end - n->bytes) + 1;
    if (next - at == length && memcmp(n->bytes + at, image, length) == 0) {
      return true;
    }
    at = next;
  }
  return false;
}

static nt_status find_notes(const struct sim_request *r, struct notes *n,
                            char folder[4096]) {
  *n = (struct notes){.bytes = NULL};
  NT_TRY(name_notes(r, n, folder));
  return read_notes(r, n);
}

/* ---- asking and allowing ------------------------------------------------- */

static nt_status look_for_note(const struct sim_request *r, const char *image,
                               bool *noted) {
  struct notes n;
  char folder[4096];
  NT_TRY(check_owner(r));
  nt_status status = find_notes(r, &n, folder);
  *noted = nt_ok(status) && is_noted(&n, image);
  free(n.bytes);
  return status;
}

static nt_status check_allowed(const struct sim_request *r, const char *image) {
  bool noted;
  NT_TRY(look_for_note(r, image, &noted));
  return noted ? NT_STATUS_SUCCESS : not_allowed(r, image);
}

/* Checks an image in the folder. It is open already, so that nobody can
 * exchange it afterwards. */
static nt_status check_name(const struct sim_request *r, const char *image,
                            const char *path, const struct nt_file *file) {
  struct nt_file_facts facts;
  bool noted;
  NT_TRY(nt_file_look(file, &facts, r->err));
  if (!facts.linked) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(look_for_note(r, image, &noted));
  return noted ? NT_STATUS_SUCCESS : is_hard_link(r, path);
}

/* Returns whether an image may be used only if the user allowed it. */
static bool needs_note(const struct sim_machine *m, const char *image) {
  char path[2100];
  struct nt_path_facts facts;
  nt__sim_image_path(m, image, path, sizeof path);
  return nt__sim_is_outside(m, image) ||
         (m->folder[0] != '\0' && nt_ok(nt_path_look(path, &facts, NULL)) &&
          facts.linked);
}

static nt_status append(struct nt_file *file, uint64_t *at, const char *text,
                        struct nt_error *err) {
  size_t length = strlen(text) + 1;
  nt_status status = nt_file_write(file, *at, text, length, err);
  *at += length;
  return status;
}

static nt_status write_note(const struct sim_request *r, const struct notes *n,
                            const char *image) {
  struct nt_file *file;
  uint64_t at = n->length;
  nt_status status = nt_file_open_plain(n->path, true, &file, r->err);
  if (status == NT_STATUS_OBJECT_NAME_NOT_FOUND) {
    status = nt_file_create_private(n->path, &file, r->err);
  }
  if (!nt_ok(status)) {
    return status;
  }
  if (at == 0) { /* there are none, or those of another machine */
    status = nt_file_resize(file, 0, r->err);
    if (nt_ok(status)) {
      status = append(file, &at, n->which, r->err);
    }
    if (nt_ok(status)) {
      status = append(file, &at, r->m->folder, r->err);
    }
  }
  if (nt_ok(status)) {
    status = append(file, &at, image, r->err);
  }
  nt_file_close(file);
  return status;
}

nt_status nt__sim_allow_image(const struct sim_request *r, const char *image) {
  struct notes n;
  char folder[4096];
  if (!needs_note(r->m, image)) {
    return NT_STATUS_SUCCESS;
  }
  NT_TRY(check_owner(r));
  nt_status status = find_notes(r, &n, folder);
  if (nt_ok(status) && !is_noted(&n, image)) {
    status = nt_folder_make_private(folder, r->err);
    if (nt_ok(status)) {
      status = write_note(r, &n, image);
    }
  }
  free(n.bytes);
  if (!nt_ok(status)) {
    nt_error_about(r->err, NT_REASON_IMAGE_OUTSIDE,
                   "noting that %s may be used", image);
    nt_hint(r->err, "name a folder that you may write to in NTVOL_STATE");
  }
  return status;
}

void nt__sim_forget_images(struct sim_machine *m) {
  struct notes n;
  char folder[4096];
  struct nt_error ignored = {0};
  if (nt_ok(find_notes(SIM_REQUEST(m, &ignored), &n, folder)) && n.bytes) {
    nt_file_remove(n.path);
  }
  free(n.bytes);
}

/* ---- opening ------------------------------------------------------------- */

static nt_status is_link(const char *path, struct nt_error *err) {
  nt_refuse(err, NT_REASON_IMAGE_OUTSIDE,
            "the image %s is a link, or lies behind one", path);
  nt_hint(err,
          "put the image itself there, or make a machine around the file "
          "that it leads to with --disk-image");
  return NT_STATUS_ACCESS_DENIED;
}

/* A path that was allowed had no links in it, but somebody may have put one
 * there later. */
static nt_status check_no_links(const char *path, struct nt_error *err) {
  char *full;
  nt_status status = nt_path_full(path, &full, err);
  if (!nt_ok(status)) {
    return status;
  }
  bool same = strcmp(full, path) == 0;
  free(full);
  return same ? status : is_link(path, err);
}

/* Refuses anything but a plain file. A pipe or a device may wait, or do
 * something, when it is opened. */
static nt_status check_plain(const char *path, struct nt_error *err) {
  struct nt_path_facts facts;
  NT_TRY(nt_path_look(path, &facts, err));
  if (facts.plain) {
    return NT_STATUS_SUCCESS;
  }
  nt_refuse_as(err, NT_STATUS_INVALID_PARAMETER, NT_REASON_IMAGE,
               "the image %s is no file: a link, a folder, a pipe or a device",
               path);
  nt_hint(err, "put the image itself there");
  return NT_STATUS_INVALID_PARAMETER;
}

/* Processes of one machine are one user: they have its database. */
nt_status nt__sim_claim_image(const struct sim_request *r, const char *image,
                              bool writable, struct nt_file *file) {
  char path[2100];
  bool memory = r->m->folder[0] == '\0';
  if (memory && !nt_path_is_absolute(image)) {
    return NT_STATUS_SUCCESS;
  }
  nt__sim_image_path(r->m, image, path, sizeof path);
  const struct nt_group group = {
      memory ? NULL : r->m->db_path,
      (uint64_t)nt_process_id() << 48 ^ (uint64_t)(uintptr_t)r->m};
  return nt_file_claim(file, path, &group, writable, r->err);
}

nt_status nt__sim_open_image(const struct sim_request *r, const char *image,
                             bool writable, struct nt_file **out) {
  char path[2100];
  nt_status status = NT_STATUS_SUCCESS;
  bool outside = nt__sim_is_outside(r->m, image);
  nt__sim_image_path(r->m, image, path, sizeof path);
  if (outside) {
    NT_TRY(check_allowed(r, image));
    NT_TRY(check_no_links(path, r->err));
  }
  NT_TRY(check_plain(path, r->err));
  NT_TRY(nt_file_open_plain(path, writable, out, r->err));
  if (!outside && r->m->folder[0] != '\0') {
    status = check_name(r, image, path, *out);
  }
  if (nt_ok(status)) {
    status = nt__sim_claim_image(r, image, writable, *out);
  }
  if (!nt_ok(status)) {
    nt_file_close(*out);
    *out = NULL;
  }
  return status;
}
