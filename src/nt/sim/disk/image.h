/* The images of disks: finds their files, and reads and writes their bytes. */
#ifndef NT_SIM_DISK_IMAGE_H
#define NT_SIM_DISK_IMAGE_H

#include "../db/request.h"
#include "../machine.h"

/* Opens the image of a disk, unless it is open already. Refuses a missing image
 * and one that is shorter than the disk, and says which image it is. */
nt_status nt__sim_image(const struct sim_request *r, uint32_t disk);
void nt__sim_images_close(struct sim_machine *m);
/* Of one disk, whose medium went away: who else wants the image can have it.
 * What is in memory stays, it has no name to open it by. */
void nt__sim_image_close(struct sim_machine *m, const struct sim_disk *disk);
/* The disk has this image now, which was opened for it. */
void nt__sim_image_keep(struct sim_machine *m, const struct sim_disk *disk,
                        struct nt_file *file);

/* Reads or writes `len` bytes at `offset` of an object that lies on `extents`.
 * The range must lie within them. */
nt_status nt__sim_image_read(const struct sim_request *r,
                             const struct nt_extent *extents, uint32_t count,
                             uint64_t offset, void *buf, size_t len);
nt_status nt__sim_image_write(const struct sim_request *r,
                              const struct nt_extent *extents, uint32_t count,
                              uint64_t offset, const void *buf, size_t len);
nt_status nt__sim_image_flush(const struct sim_request *r,
                              const struct nt_extent *extents, uint32_t count);

nt_status nt__sim_no_medium(struct nt_error *err);

/* Finds how many of the bytes of an image that somebody names are those of a
 * disk: a VHD of fixed size has a footer behind them. Refuses containers by
 * name. */
nt_status nt__sim_image_disk(const struct nt_file *file, const char *image,
                             uint64_t bytes, uint64_t *length,
                             struct nt_error *err);

/* Gives the path of an image so that a person can find it. */
void nt__sim_image_path(const struct sim_machine *m, const char *image,
                        char *buf, size_t cap);

/* ---- outside.c: which files a machine may use ---------------------------- */

/* Returns whether an image lies outside of the machine's folder. */
bool nt__sim_is_outside(const struct sim_machine *m, const char *image);
/* Opens an image, if the machine may use it. A refusal has a hint and the
 * reason "image_outside" or "image", unless it comes from the operating system.
 */
nt_status nt__sim_open_image(const struct sim_request *r, const char *image,
                             bool writable, struct nt_file **out);
/* Makes this machine the only user of an image that is open; refuses with the
 * reason image_in_use if there is another. An image in memory has no other. */
nt_status nt__sim_claim_image(const struct sim_request *r, const char *image,
                              bool writable, struct nt_file *file);
/* Called when the user names the image by its full path: from then on the
 * machine may use it. */
nt_status nt__sim_allow_image(const struct sim_request *r, const char *image);
/* Called when the machine is going to be removed. */
void nt__sim_forget_images(struct sim_machine *m);

#endif
