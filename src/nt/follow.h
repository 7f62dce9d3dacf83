/*
 * The type of an MBR partition follows the file system on it (W7).
 */
#ifndef NT_FOLLOW_H
#define NT_FOLLOW_H

#include "nt.h"

/* Sets the type that belongs to the file system which the bytes of the volume
 * are. Does nothing on a GPT, where it stays basic data, on what is no
 * partition, and on a machine that cannot say or set the type. */
nt_status nt_follow_type(struct nt_handle *handle, struct nt_error *err);

#endif
