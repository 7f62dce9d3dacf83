/* Letters and mount folders. */
#ifndef NT_SIM_RULES_MOUNT_POINTS_H
#define NT_SIM_RULES_MOUNT_POINTS_H

#include "../db/request.h"

/* Returns whether this is a mount folder as names are looked up, such as
 * "C:\mnt\data": with backslashes, and with none at the end. */
bool nt__sim_is_mount_folder(const char *path);

/* All of these must be called within a transaction. */

/* Finds the letter of a volume, such as 'D', or '\0' when it has none. */
nt_status nt__sim_letter_of(const struct sim_request *r, int64_t volume,
                            char *letter);

/* Gives a letter or a folder, and puts the volume online (F15). */
nt_status nt__sim_give_point(const struct sim_request *r, int64_t volume,
                             const char *name);
/* Gives the next free letter to a volume that has none and wants one. */
nt_status nt__sim_give_letter(const struct sim_request *r, int64_t volume,
                              bool *given, char *letter);
/* Takes away a letter or a folder. A volume whose letter was taken gets none
 * automatically any more. */
nt_status nt__sim_take_point(const struct sim_request *r, const char *name);
nt_status nt__sim_want_no_letter(const struct sim_request *r, int64_t volume);

/* Finds out whether volumes that arrive come online and get a letter. */
nt_status nt__sim_automount(const struct sim_request *r, bool *on);
/* F14: does what the mount manager does for a volume that arrives. Mount points
 * that it was told to forget are gone then. *online says whether it sends
 * ONLINE. */
nt_status nt__sim_points_arrive(const struct sim_request *r, int64_t volume,
                                bool *online);

nt_status nt__sim_set_online(const struct sim_request *r,
                             struct sim_volume *volume);

#endif
