---@meta ntvol
-- Types of the public interface, for editors (LuaCATS).
-- Failure of everything that a machine may refuse: nil, message, code, info.

---What is known about a refusal.
---@class ntvol.info
---@field op string verb: "lock", "open", "read"
---@field target string the object, as the caller named it
---@field status integer NTSTATUS
---@field status_name string "STATUS_ACCESS_DENIED"
---@field win32 integer Win32 error number
---@field native? { kind: "errno"|"win32"|"ntstatus"|"sqlite"|"exit", number: integer }
---@field reason? string "in_use", "locked_by_other", "system_volume", "page_file", "offline", "dismounted", "not_locked", ...
---@field class "transient"|"permanent"|"unsupported"|"cancelled"|"timeout"|"usage"
---@field detail? string
---@field hint? string what to do next
---@field hint_command? string the same in the words of the command line, where they differ
---@field outcome? "untouched"|"unformatted"|"formatted"|"partly restored" what the volume holds after a failed or cancelled format, or undo
---@field holders? ntvol.holders who keeps it in use
---@field holders_complete? boolean
---@field holders_missing? string why the list may be incomplete
---@field attempts? integer how often it was tried, when it was to wait
---@field waited? number seconds from the first attempt to the last
---@field veto? { type: string, name: string } who refused a removal or an ejection: a "driver", an "outstanding open", ...
---@field output? string what fits of an answer for which the buffer of `volume:control` is too small

---@class ntvol.holder
---@field pid integer 0 when it is not a process
---@field self boolean the process that asks
---@field name string its program
---@field how "volume handle"|"disk handle"|"device handle"|"open file"|"directory"|"mapped file"|"image"|"lock"|string
---@field path? string what is open: "\a.txt"
---@field node? string the computer it runs on, when that is another one
---@field start_time? number when the process began, seconds since 1970, UTC

---@class ntvol.holders
---@field [integer] ntvol.holder
---@field complete boolean
---@field missing? string why it may be incomplete

---How a method waits. `timeout` of lock and dismount is another word for `wait`.
---@class ntvol.wait_options
---@field wait? number|ntvol.retry seconds, or a policy; 10 when only a function is given
---@field timeout? number
---@field on_attempt? fun(attempt: integer, info: ntvol.info): boolean? after each attempt that failed; false stops
---@field on_busy? fun(holders: ntvol.holders, attempt: integer): boolean? asks them to leave; true tries again at once

---@class ntvol.dismount_options: ntvol.wait_options
---@field again? boolean a volume that was dismounted already is no failure

---What a wait took, and for whom. It prints as one line.
---@class ntvol.waited
---@field attempts integer
---@field waited number seconds
---@field holders? ntvol.holders those seen last
---@field reason? string
---@field cause? string

---@class ntvol.retry_options
---@field wait? number seconds in all; 10 unless given
---@field first? number the first pause, 0.05
---@field factor? number each further one is so much longer, 2
---@field longest? number 1
---@field jitter? number from 0 to 1: a random part of it is left out, 0.5
---@field seed? integer the same pauses each time
---@field classes? string[] { "transient" }

---A volume as `ntvol.volumes` and `volume:info` describe it. Sizes are bytes.
---@class ntvol.volume_info
---@field name string "D:", else a mount folder, else the GUID path
---@field guid_path string \\?\Volume{...}
---@field device string \Device\HarddiskVolume3
---@field mount_points string[]
---@field file_system string "FAT16", "NTFS", "RAW", ...
---@field label string
---@field serial string
---@field size integer
---@field sector_size integer
---@field partition_number integer 0 for a whole-disk volume, and for one in several pieces
---@field extents ntvol.extent[]
---@field mounted boolean
---@field locked boolean
---@field dismounted boolean
---@field offline boolean
---@field readonly boolean
---@field removable boolean
---@field system boolean
---@field boot boolean
---@field pagefile boolean
---@field unreadable boolean its bytes cannot be read now: an image is missing or damaged
---@field csv boolean a cluster shared volume
---@field maintenance boolean cluster shared, but taken out of the name space for now
---@field csv_state? "direct"|"maintenance"|"offline" of a cluster shared volume
---@field owner? string the node of the cluster that owns it
---@field dirty boolean its file system wants to be checked
---@field busy boolean its file system is being scrubbed or balanced
---@field no_medium boolean its drive is empty
---@field state string "mounted", "mounted, locked", "not mounted", "offline", ... for people

---@class ntvol.extent
---@field disk integer PhysicalDrive number
---@field offset integer bytes from the start of the disk
---@field length integer bytes

---@class ntvol.disk_info
---@field number integer
---@field name string "PhysicalDrive1", "CdRom0"
---@field location string image file or device node
---@field serial string
---@field model string
---@field style "none"|"mbr"|"gpt"
---@field size integer bytes
---@field sector_size integer bytes
---@field volume_count integer
---@field readonly boolean
---@field removable boolean
---@field cdrom boolean a CD drive
---@field no_medium boolean a drive without a medium
---@field medium_locked boolean the drive was told not to eject its medium
---@field masked boolean
---@field uninstalled boolean
---@field unreadable boolean its image is missing or damaged
---@field offline boolean by its attribute: it shows no volumes
---@field state string for people

---@class ntvol.event
---@field id integer
---@field kind "volume"|"device"|"state"
---@field name string "LOCK", "DISMOUNT_FAILED", "SURPRISE_REMOVAL", ...
---@field guid? string GUID_IO_VOLUME_* where it has one
---@field code? integer FSRTL_VOLUME_* where it has one
---@field target string
---@field pid integer
---@field time number seconds since 1970, UTC
---@field node? string the node of a cluster that it is told on, where it is told on one only

---@class ntvol.node
---@field name string
---@field own boolean the node that this machine is

---@class ntvol.open_options
---@field access? "rw"|"r"|"w"|"none"|string[] "rw" unless given
---@field share? string letters of r, w, d; "rw" unless given; "" shares nothing
---@field disposition? "open"|"open_if"|"create"|"overwrite"|"overwrite_if"|"supersede"
---@field directory? boolean
---@field wait? number|ntvol.retry see ntvol.wait_options, as the next two
---@field on_attempt? fun(attempt: integer, info: ntvol.info): boolean?
---@field on_busy? fun(holders: ntvol.holders, attempt: integer): boolean?
---@field timeout? number seconds that one request on this handle may take, then it is cancelled; unlimited unless given

---@class ntvol.format_options
---@field fs "ntfs"|"fat"|"fat16"|"fat32"|"exfat"
---@field label? string
---@field cluster_size? integer bytes
---@field quick? boolean true unless given; false writes the whole volume
---@field erase string names the volume that loses its contents: "D:"
---@field on_progress? fun(done: integer, total: integer): boolean? bytes; false cancels
---@field undo? boolean true unless given; false saves nothing of what is overwritten
---@field undo_limit? integer bytes that may be stored for an undo, 256 MiB unless given
---@field journal? ntvol.journal|false the user's unless given; false: none
---@field operation? integer in the journal, that the format is a part of

---A connection to a machine.
---@class ntvol.machine
local machine = {}

---Opens a volume, disk, file or directory of the machine.
---@param name string D:, \\.\D:, \\?\Volume{guid}, PhysicalDrive1, \\.\PhysicalDrive1, D:\path
---@param options? ntvol.open_options
---@return ntvol.volume
---@return ntvol.waited? waited when it was to wait
---@overload fun(self: ntvol.machine, name: string, options?: ntvol.open_options): nil, string, string, ntvol.info
function machine:open(name, options) end

---Lists the volumes. The entries print as one line each.
---@return ntvol.volume_info[]
function machine:volumes() end

---Lists the disks, masked and uninstalled ones too.
---@return ntvol.disk_info[]
function machine:disks() end

---Lists what happened, oldest first.
---@param after? integer only events with a greater id
---@return ntvol.event[]
function machine:events(after) end

---Calls a function with every event that this connection causes: LOCK and
---DISMOUNT before the attempt, all others after the fact. It may use the machine
---and close handles, but neither close the machine nor format.
---@param fn fun(event: ntvol.event)
---@return ntvol.subscription
---@overload fun(self: ntvol.machine, fn: fun(event: ntvol.event)): nil, string, string, ntvol.info
function machine:subscribe(fn) end

---Iterates over the events of all processes and waits for the next one.
---@param after? integer events after this one, 0 for all; nil: from now on
---@param timeout? number seconds to wait for each event; nil: for ever
---@return fun(): ntvol.event?
---@overload fun(self: ntvol.machine, after?: integer, timeout?: number): nil, string, string, ntvol.info
function machine:watch(after, timeout) end

---Uninstalls a volume or disk (Plug and Play removal).
---@param name string
---@return true
function machine:uninstall(name) end

---Stops presenting the LUN of a disk, as a storage administrator does.
---@param disk string|integer "PhysicalDrive1", "1" or 1
---@return true
function machine:mask(disk) end

---Presents the LUN of a disk again; its volumes come online.
---@param disk string|integer
---@return true
function machine:unmask(disk) end

---Ejects the device that holds a volume or disk (Plug and Play).
---@param name string
---@return true
function machine:eject(name) end

---Gives a volume a letter or a mount folder, and puts it online.
---@param volume string "D:", or another of its names
---@param point string "E:", "C:\\mnt\\data"
---@return true
---@overload fun(self: ntvol.machine, volume: string, point: string): nil, string, string, ntvol.info
function machine:add_mount_point(volume, point) end

---Takes a letter or a mount folder away.
---@param point string "E:", "C:\\mnt\\data"
---@return true
---@overload fun(self: ntvol.machine, point: string): nil, string, string, ntvol.info
function machine:remove_mount_point(point) end

---Lists who has a volume, disk, file or directory open.
---@param name string
---@return ntvol.holders
function machine:holders(name) end
---Lists the nodes of the cluster that the machine belongs to; none when it belongs to none.
---@return ntvol.node[]
---@overload fun(self: ntvol.machine): nil, string, string, ntvol.info
function machine:nodes() end

---Takes a cluster shared volume out of the cluster's name space, or puts it back.
---@param volume string
---@param on boolean
---@return true
---@overload fun(self: ntvol.machine, volume: string, on: boolean): nil, string, string, ntvol.info
function machine:set_maintenance(volume, on) end

---Makes a node of the cluster the owner of a volume.
---@param volume string
---@param node string
---@return true
---@overload fun(self: ntvol.machine, volume: string, node: string): nil, string, string, ntvol.info
function machine:set_owner(volume, node) end

---Says which operations this machine has; `own_formatter`: the system formats volumes itself.
---@return table<string, boolean>
function machine:capabilities() end

---The machine's name, "sim:lab".
---@return string
function machine:name() end

---Closes the machine and everything opened on it.
---@return true
function machine:close() end

---Lists the methods with one line each.
---@return string
function machine:help() end

---An open volume, disk, file, directory or device.
---@class ntvol.volume
local volume = {}

---Locks the volume (FSCTL_LOCK_VOLUME).
---@param options? ntvol.wait_options
---@return ntvol.lock guard unlocks when it is closed
---@return ntvol.waited? waited with options
function volume:lock(options) end

---Unlocks the volume (FSCTL_UNLOCK_VOLUME).
---@return true
function volume:unlock() end

---Dismounts the volume, locked or not (FSCTL_DISMOUNT_VOLUME).
---@param options? ntvol.dismount_options
---@return true
---@return ntvol.waited? waited with options
function volume:dismount(options) end

---Takes the volume offline (IOCTL_VOLUME_OFFLINE).
---@return true
function volume:offline() end

---Brings the volume online (IOCTL_VOLUME_ONLINE).
---@return true
function volume:online() end

---Opens the volume behind the end of its file system, too (FSCTL_ALLOW_EXTENDED_DASD_IO).
---@return true
function volume:extended_io() end

---Ejects the medium (IOCTL_STORAGE_EJECT_MEDIA).
---@return true
function volume:eject() end

---Says whether the medium may be taken out (IOCTL_STORAGE_MEDIA_REMOVAL).
---@param allowed boolean
---@return true
function volume:media_removal(allowed) end

---Runs a program and waits for it. What is open and locked stays so until it has ended.
---@param words string[] the program and its arguments
---@param options? { to_stderr?: boolean }
---@return integer exit_status 128 and more for a signal
---@overload fun(self: ntvol.volume, words: string[], options?: table): nil, string, string, table
function volume:run(words, options) end

---Closes the handle; the lock it holds ends. Closing twice is harmless.
---@return true
function volume:close() end

---Makes what was written durable.
---@return true
function volume:flush() end

---Reads up to `length` bytes at `offset`.
---@param offset integer bytes
---@param length integer bytes
---@return string data
function volume:read(offset, length) end

---Writes `data` at `offset`.
---@param offset integer bytes
---@param data string
---@return integer written bytes
function volume:write(offset, data) end

---Lists who else has it open.
---@return ntvol.holders
function volume:holders() end

---Size of the volume, disk or file in bytes; 0 for a directory.
---@return integer
function volume:size() end

---Sector size in bytes; 1 for files.
---@return integer
function volume:sector_size() end

---What is known about the volume.
---@return ntvol.volume_info
function volume:info() end

---What makes this volume this volume: survives a change of letter.
---@return { guid_path: string, serial: string, size: integer, extents: ntvol.extent[] }
function volume:identity() end

---Where the volume lies on disks.
---@return ntvol.extent[]
function volume:extents() end

---Cylinders, heads, sectors per track, sector size and length.
---@return { cylinders: integer, heads: integer, sectors_per_track: integer, sector_size: integer, size: integer }
function volume:geometry() end

---Device type, disk number and partition number.
---@return { type: integer, number: integer, partition: integer }
function volume:device_number() end

---Formats the locked volume.
---@param options ntvol.format_options
---@return { file_system: string, bytes_written: integer, operation?: integer, can_undo?: boolean }
function volume:format(options) end

---Sends a control code.
---@param code integer|string number, or a name of ntvol.codes
---@param input? string
---@param out_size? integer bytes, 0 unless given
---@param options? { entry?: "fsctl"|"ioctl" } the system call; that of the code unless given
---@return string output
function volume:control(code, input, out_size, options) end

---Another handle on the same open object: it shares the lock, which lives until the last one closes.
---@return ntvol.volume
---@overload fun(self: ntvol.volume): nil, string, string, ntvol.info
function volume:duplicate() end

---Maps an open file: a handle of the kind "section", which keeps the file in use.
---@param options? { image?: boolean } image: the file is run as a program
---@return ntvol.volume
---@overload fun(self: ntvol.volume, options?: table): nil, string, string, ntvol.info
function volume:map(options) end

---Lists an open directory.
---@return { name: string, size: integer, directory: boolean }[]
---@overload fun(self: ntvol.volume): nil, string, string, ntvol.info
function volume:list() end

---True when this handle holds the lock.
---@return boolean
function volume:is_locked() end

---Asks whether a file system is mounted (FSCTL_IS_VOLUME_MOUNTED).
---@return boolean
function volume:is_mounted() end

---Asks whether the volume is offline (IOCTL_VOLUME_IS_OFFLINE).
---@return boolean
function volume:is_offline() end

---Label of the file system.
---@return string
function volume:label() end

---Asks whether the file system wants to be checked (FSCTL_IS_VOLUME_DIRTY).
---@return boolean
function volume:is_dirty() end

---Marks the file system as one that wants to be checked.
---@return true
function volume:mark_dirty() end

---@class ntvol.ntfs_data
---@field serial integer 64 bits
---@field sectors integer
---@field clusters integer
---@field free_clusters integer
---@field reserved_clusters integer
---@field sector_size integer bytes
---@field cluster_size integer bytes
---@field record_size integer bytes of a file record
---@field clusters_per_record integer 0 when a record is smaller
---@field mft_size integer bytes
---@field mft_start integer cluster
---@field mft_mirror integer cluster
---@field mft_zone_start integer cluster
---@field mft_zone_end integer cluster

---What NTFS knows of its volume (FSCTL_GET_NTFS_VOLUME_DATA).
---@return ntvol.ntfs_data
function volume:ntfs_data() end

---Iterates over the clusters: start, count, whether they are used.
---@return fun(): integer?, integer?, boolean?
function volume:bitmap() end

---The name it was opened by.
---@return string
function volume:name() end

---"volume", "disk", "file", "directory", "section" or "device".
---@return string
function volume:kind() end

---The machine it was opened on.
---@return ntvol.machine
function volume:machine() end

---Says which operations this handle has.
---@return table<string, boolean>
function volume:capabilities() end

---Lists the methods with one line each.
---@return string
function volume:help() end

---A held lock; `local guard <close> = assert(vol:lock())` unlocks at the end
---of the scope. Dropping it does not unlock.
---@class ntvol.lock
local lock = {}

---Unlocks now. Unlocking twice is harmless.
---@return true
function lock:unlock() end

---True while the lock is held.
---@return boolean
function lock:held() end

---The volume that is locked.
---@return ntvol.volume
function lock:volume() end

---Lists the methods with one line each.
---@return string
function lock:help() end

---A function that is told of events; it ends with its machine, or when it is
---closed.
---@class ntvol.subscription
local subscription = {}

---Ends the subscription; its own function may do that. Closing twice is harmless.
---@return true
function subscription:close() end

---Lists the methods with one line each.
---@return string
function subscription:help() end

---What `journal:begin` takes.
---@class ntvol.journal_about
---@field plan string what it is
---@field target? string
---@field machine? string
---@field identity? table as `volume:identity` answers it
---@field command? string options, as a text
---@field parent? integer the operation that it is a part of

---@class ntvol.journal_step
---@field number? integer
---@field name? string
---@field target? string
---@field outcome? string
---@field message? string
---@field started? number seconds since 1970
---@field ended? number
---@field undo_started? number
---@field undo_ended? number
---@field final? boolean it cannot be undone

---@class ntvol.journal_entry
---@field id integer
---@field parent? integer
---@field plan string
---@field machine string
---@field target string
---@field identity { guid_path?: string, serial?: string, file_system?: string, size?: integer, extents: ntvol.extent[] }
---@field command? string
---@field pid integer
---@field program string
---@field started number seconds since 1970
---@field ended? number
---@field state "running"|"interrupted"|"committed"|"failed"|"undone"|"partly undone"|"recovered"
---@field message? string
---@field saved_bytes? integer of the volume, that can be written back
---@field stored_bytes? integer that they take in the journal
---@field unsaved? boolean it overwrote what nobody saved
---@field pieces? integer ranges that are saved
---@field unchecked? boolean they are, by an older version, without checksums
---@field steps? ntvol.journal_step[] of `journal:entry` only

---What was done, and how it ended. The functions of the module and the methods
---of an open journal.
---@class ntvol.journal
local journal = {}

---Opens the journal in a folder, that of the user's state unless one is given.
---@param folder? string
---@return ntvol.journal
---@overload fun(folder?: string): nil, string, string, ntvol.info
function journal.open(folder) end

---Begins an operation and answers its number.
---@param about ntvol.journal_about
---@return integer
---@overload fun(self, about: ntvol.journal_about): nil, string, string, ntvol.info
function journal:begin(about) end

---Notes a step of an operation that runs.
---@param id integer
---@param number integer from 1
---@param step ntvol.journal_step
---@return true
---@overload fun(self, id: integer, number: integer, step: ntvol.journal_step): nil, string, string, ntvol.info
function journal:step(id, number, step) end

---Ends an operation that runs, or that was interrupted.
---@param id integer
---@param state "committed"|"failed"|"undone"|"partly undone"|"recovered"|"interrupted"
---@param message? string
---@return true
---@overload fun(self, id: integer, state: string, message?: string): nil, string, string, ntvol.info
function journal:finish(id, state, message) end

---Lists the operations, oldest first.
---@return ntvol.journal_entry[]
---@overload fun(self): nil, string, string, ntvol.info
function journal:entries() end

---One operation, with its steps.
---@param id integer
---@return ntvol.journal_entry
---@overload fun(self, id: integer): nil, string, string, ntvol.info
function journal:entry(id) end

---Looks whether what an operation saved is good, piece by piece.
---@param id integer
---@return { pieces: { offset: integer, length: integer, good: boolean, problem?: string }[], noted: integer, good: integer, damaged?: string }
---@overload fun(self, id: integer): nil, string, string, ntvol.info
function journal:check(id) end

---Forgets what is old. What runs or was interrupted stays.
---@param policy? { keep?: integer, days?: integer, keep_saved?: integer, days_saved?: integer }
---@return { operations: integer, saved: integer }
---@overload fun(self, policy?: table): nil, string, string, ntvol.info
function journal:prune(policy) end

---Where the database is.
---@return string
function journal:path() end

---Closes the journal. Closing twice is harmless.
---@return true
function journal:close() end

---Lists the methods with one line each.
---@return string
function journal:help() end

---@class ntvol
---@field _VERSION string
---@field codes table<string, integer> control codes by name
---@field errors table<string, { win32: integer, statuses: string[], class: string, message: string }> error codes by name
---@field sim ntvol.sim
---@field plan ntvol.plan
---@field journal ntvol.journal
---@field retry ntvol.retry_module
local ntvol = {}

---Opens a volume of the current machine; see `machine:open`.
---@param name string
---@param options? ntvol.open_options
---@return ntvol.volume
---@overload fun(name: string, options?: ntvol.open_options): nil, string, string, ntvol.info
function ntvol.open(name, options) end

---Takes the last format of a volume back, as long as its file system was not used.
---@param name string
---@param options? { machine?: ntvol.machine|string, journal?: ntvol.journal, good_only?: boolean, erase?: string }
---@return ntvol.report
---@overload fun(name: string, options?: table): nil, string, string, ntvol.info
function ntvol.undo(name, options) end

---Takes back what was interrupted, on one volume or on all of the machine.
---@param name? string
---@param options? { machine?: ntvol.machine|string, journal?: ntvol.journal, good_only?: boolean, erase?: string }
---@return { operation: integer, plan: string, target: string, guid_path: string, saved_bytes?: integer, outcome: string, bytes_written?: integer, message?: string }[]
---@overload fun(name?: string, options?: table): nil, string, string, ntvol.info
function ntvol.recover(name, options) end

---Runs a function with a locked volume; unlocks and closes however it ends.
---@param name string
---@param fn fun(volume: ntvol.volume): ...
---@param options? { access?: string|string[], machine?: ntvol.machine|string, wait?: number|ntvol.retry, on_attempt?: function, on_busy?: function }
---@return any ... what the function answers, true for nothing
---@overload fun(name: string, fn: function, options?: table): nil, string, string, ntvol.info
function ntvol.with_exclusive_volume(name, fn, options) end

---What an error means. It prints as text.
---@class ntvol.explanation
---@field kind "code"|"status"|"reason"|"failure"
---@field name string
---@field statuses { name: string, value: integer, code: string, win32: integer, class: string, message: string }[]
---@field reasons { reason: string, meaning: string, next: string, statuses: string[] }[]
---@field meaning? string
---@field next? string what to do next
---@field class? string
---@field holders? ntvol.holders

---Explains a code, a status, a number, a reason or the details of a failure.
---@param what string|integer|ntvol.info
---@return ntvol.explanation
---@overload fun(what: any): nil, string, string, ntvol.info
function ntvol.explain(what) end

---Lists the volumes of the current machine.
---@return ntvol.volume_info[]
function ntvol.volumes() end

---Lists the disks of the current machine.
---@return ntvol.disk_info[]
function ntvol.disks() end

---Connects to a machine and makes it the current one; without argument answers
---the current one: what was set, else NTVOL_MACHINE, else the native machine.
---@param spec? string|ntvol.machine "sim:lab", or "lab" for a folder with a simulated machine
---@return ntvol.machine
---@overload fun(spec?: string|ntvol.machine): nil, string, string, ntvol.info
function ntvol.machine(spec) end

---"volume", "closed volume", "machine", "closed machine", "lock", "closed lock",
---"subscription", "closed subscription", "journal", "closed journal", or nil.
---@param value any
---@return string?
function ntvol.type(value) end

---Control code from its parts: device << 16 | access << 14 | function << 2 | method.
---@param device integer
---@param func integer
---@param method integer
---@param access integer
---@return integer
function ntvol.ctl_code(device, func, method, access) end

---A text as it may be shown on a terminal: control characters, changes of the
---direction of writing and bytes that are not UTF-8 become visible escapes.
---@param text string
---@param lines? boolean line ends and tabs stay
---@return string
function ntvol.printable(text, lines) end

---Help on the module, or on a machine, volume, lock, subscription or journal.
---@param topic? any
---@return string
function ntvol.help(topic) end

---A ready-made `on_progress`: a bar on a terminal, silence elsewhere.
---@param done integer bytes
---@param total integer bytes
function ntvol.progress_bar(done, total) end

---Simulated machines: `require "ntvol.sim"`.
---@class ntvol.sim
local sim = {}

---@class ntvol.sim.volume_spec
---@field letter? string "D:"; the next free one unless given; false for none
---@field fs? string as in format; none: the volume stays RAW
---@field label? string
---@field size? string|integer "32M" or bytes; the rest of the disk unless given
---@field mount_points? string[] folders: "C:\\mnt\\data"
---@field span? string volumes with the same span, on whatever disks, are the pieces of one; the first says all else
---@field system? boolean
---@field boot? boolean
---@field pagefile? boolean
---@field readonly? boolean
---@field busy? boolean a scrub or balance runs, so that btrfs is not locked
---@field csv? boolean shared by the nodes of the cluster
---@field owner? string the node that owns it; the first one unless given

---@class ntvol.sim.disk_spec
---@field size? string|integer "64M" or bytes; needed without `image`, but for an empty drive
---@field image? string an existing image file
---@field style? "none"|"mbr"|"gpt" partition table; "none" (whole-disk volume) unless there are several volumes
---@field sector_size? 512|4096
---@field removable? boolean a drive: without `image` and `size` it has no medium
---@field readonly? boolean
---@field cdrom? boolean a CD drive, with `image` in it or without a medium: 2048-byte sectors, read-only
---@field serial? string
---@field volumes? ntvol.sim.volume_spec[]

---Creates a simulated machine in a new folder, or in memory.
---@param path string folder that does not exist yet or is empty, or ":memory:"
---@param spec { disks: (ntvol.sim.disk_spec|string)[], nodes?: string[], clock?: "real"|"virtual" } strings as on the command line: "64M:fat:D:OLD"
---@return ntvol.machine
---@overload fun(path: string, spec: table): nil, string, string, ntvol.info
function sim.create(path, spec) end

---Connects to a simulated machine.
---@param path string its folder, of a cluster also "lab?node=n2"
---@param opts? { node?: string } the node of a cluster; the first one unless given
---@return ntvol.machine
---@param opts? { node?: string, clock?: "real"|"virtual" } the node of a cluster, the first one unless given; virtual: waiting takes no time and only counts
---@overload fun(path: string, opts?: table): nil, string, string, ntvol.info
function sim.open(path, opts) end

---Puts a medium into the empty drive of a simulated machine.
---@param machine ntvol.machine
---@param drive string "E:", "CdRom0", "PhysicalDrive1"
---@param image string an existing image
---@param options? { readonly: boolean? } write-protected
---@return true
---@overload fun(machine: ntvol.machine, drive: string, image: string, options: table?): nil, string, string, ntvol.info
function sim.insert(machine, drive, image, options) end

---Takes the medium out of a drive of a simulated machine, and away.
---@param machine ntvol.machine
---@param drive string "E:", "CdRom0", "PhysicalDrive1"
---@return true
---@overload fun(machine: ntvol.machine, drive: string): nil, string, string, ntvol.info
function sim.eject(machine, drive) end

---Something that is wrong with a simulated machine.
---@class ntvol.sim.damage
---@field what string
---@field table? string of a value in the database, as the next three
---@field column? string
---@field row? string "id 3"
---@field value? string
---@field note boolean it mends itself

---Looks for everything that is wrong with a simulated machine; changes nothing.
---@param path string
---@param options? { allow_images: boolean? } first lets it use images outside of its folder
---@return ntvol.sim.damage[]
---@overload fun(path: string, options: table?): nil, string, string, ntvol.info
function sim.check(path, options) end

---Removes a simulated machine's folder: its database, and the images it made.
---Existing images it was built around stay. Refused while somebody has it open.
---@param path string
---@return true
---@overload fun(path: string): nil, string, string, ntvol.info
function sim.remove(path) end

---Plans and procedures: `require "ntvol.plan"`.
---Policies for waiting.
---@class ntvol.retry_module
local retry = {}

---Makes a policy.
---@param options? ntvol.retry_options
---@return ntvol.retry
function retry.new(options) end

---One time for several requests.
---@param machine? ntvol.machine
---@param options ntvol.wait_options
---@return fun(others?: table): table? waiting the options of the next request
function retry.share(machine, options) end

---@class ntvol.retry
local policy = {}

---Tries until it succeeds, the time is over, or waiting does not help.
---@param attempt fun(n: integer): any, string?, string?, ntvol.info?
---@param options? { machine?: ntvol.machine, on_attempt?: function, on_busy?: function }
---@return any result
---@return ntvol.waited waited
---@overload fun(self: ntvol.retry, attempt: function, options?: table): nil, string, string, ntvol.info
function policy:run(attempt, options) end

---@class ntvol.plan
local plan = {}

---@class ntvol.plan.step
---@field name string "lock"
---@field says string one line for people
---@field target? string what it works on; the plan's target unless given
---@field check? fun(context: table): true?, string?, string?, ntvol.info?
---@field run fun(context: table): any, string?, string?, ntvol.info?
---@field undo? fun(context: table): true?, string?, string?, ntvol.info?
---@field destroys? boolean data is lost here; cannot be undone
---@field final? boolean nothing is lost here, but it cannot be undone

---Makes a plan out of steps.
---@param spec { name: string, target: string, steps: ntvol.plan.step[], context?: table, erase?: string|string[], about?: string[], run_it?: string, identity?: table[], unchecked?: string[] }
---@return ntvol.plan.object
function plan.new(spec) end

---The documented procedure: open, lock, format, dismount, unlock, close; then verify.
---@param volume string name of the volume
---@param options { to: string, label?: string, cluster_size?: integer, quick?: boolean, undo?: boolean, undo_limit?: integer, machine?: ntvol.machine|string }
---@return ntvol.plan.object
---@overload fun(volume: string, options: table): nil, string, string, ntvol.info
function plan.change_filesystem(volume, options) end

---Takes the last format of a volume back: open, lock, compare, write back, dismount, unlock, close, verify.
---@param volume string
---@param options? { machine?: ntvol.machine|string, journal?: ntvol.journal, good_only?: boolean }
---@return ntvol.plan.object
---@overload fun(volume: string, options?: table): nil, string, string, ntvol.info
function plan.undo(volume, options) end

---The documented procedure: every volume open, lock (optional), dismount, offline; then uninstall.
---@param disk string|integer
---@param options? { lock?: "required"|"try"|"no", spanned?: boolean, machine?: ntvol.machine|string }
---@return ntvol.plan.object
---@overload fun(disk: string|integer, options?: table): nil, string, string, ntvol.info
function plan.prepare_lun_removal(disk, options) end

---Brings back a disk whose LUN was masked: present, arrive, online, verify.
---@param disk string|integer
---@param options? { serial?: string, expect?: table[], machine?: ntvol.machine|string }
---@return ntvol.plan.object
---@overload fun(disk: string|integer, options?: table): nil, string, string, ntvol.info
function plan.restore_lun(disk, options) end

---A volume for oneself: open, lock, work, unlock, close.
---@param volume string name of the volume
---@param options { work: (fun(volume: ntvol.volume): ...), says?: string, undo?: (fun(volume: ntvol.volume): ...), access?: string|string[], machine?: ntvol.machine|string }
---@return ntvol.plan.object
---@overload fun(volume: string, options: table): nil, string, string, ntvol.info
function plan.with_exclusive_volume(volume, options) end

---Ejects a medium or a device: every volume on it locked and dismounted first.
---@param name string a volume on it, or the disk
---@param options? { what?: "medium"|"device", machine?: ntvol.machine|string }
---@return ntvol.plan.object
---@overload fun(name: string, options?: table): nil, string, string, ntvol.info
function plan.eject(name, options) end

---@class ntvol.plan.object
local object = {}

---Runs every precondition and changes nothing.
---@return true
---@overload fun(self: ntvol.plan.object): nil, string, string, ntvol.info
function object:check() end

---Runs the plan; on failure undoes the finished steps in reverse.
---@param options? { erase?: string, on_step?: fun(step: ntvol.plan.step, state: string, message?: string), on_progress?: fun(done: integer, total: integer): boolean?, journal?: ntvol.journal|false, wait?: number|ntvol.retry, on_attempt?: function, on_busy?: function }
---@return ntvol.report
---@overload fun(self: ntvol.plan.object, options?: table): nil, string, string, ntvol.info
function object:run(options) end

---Takes the last run back, the last step first.
---@param options? { on_step?: fun(step: ntvol.plan.step, state: string, message?: string), journal?: ntvol.journal|false }
---@return ntvol.report
---@overload fun(self: ntvol.plan.object, options?: table): nil, string, string, ntvol.info
function object:undo(options) end

---The report of the last run; nil before the first one.
---@return ntvol.report?
function object:report() end

---@class ntvol.report.step
---@field name string
---@field target string
---@field says string
---@field outcome "not run"|"done"|"failed"|"undone"|"undo failed"
---@field message? string a note, or the failure
---@field code? string
---@field started? integer microseconds since 1970, UTC
---@field ended? integer
---@field seconds? number
---@field destroys boolean
---@field can_undo boolean

---What a run did. It prints as a table; `report:data()` answers plain tables for
---JSON, see docs/plans.md.
---@class ntvol.report
---@field plan string
---@field target string
---@field machine? string
---@field command? string
---@field state "not run"|"refused"|"done"|"undone"|"failed"
---@field message? string
---@field code? string
---@field reason? string
---@field class? string
---@field outcome? string what the volume holds after a format that failed
---@field veto? { type: string, name: string } who refused a removal
---@field started integer microseconds since 1970, UTC
---@field ended? integer
---@field identity table[] the pinned volumes
---@field steps ntvol.report.step[]
---@field undo_failures table[]
---@field events ntvol.event[]
---@field unchecked string[]
---@field journal? integer number of the run in the journal
---@field journal_missing? string why it is not there
---@field too_late? true it was cancelled, and was done all the same
---@field next? string the command that says or does more: "ntvol undo D:"
---@field data fun(self: ntvol.report): table

---@class ntvol.timeline_step
---@field name string
---@field target? string
---@field outcome? string as in a report
---@field message? string
---@field started? number microseconds
---@field ended? number
---@field undo_started? number
---@field undo_ended? number
---@field final? boolean it cannot be undone
---@field number? integer its place in the list unless given

---@class ntvol.timeline_lock
---@field kind? "lock"|"dismounted"|"offline"|"removed"|"lost"|"masked" "lock" unless given
---@field holder? string
---@field target string
---@field from? number microseconds; it was there before unless given
---@field to? number it stays unless given

---@class ntvol.timeline_data
---@field title string
---@field steps ntvol.timeline_step[]
---@field locks? ntvol.timeline_lock[]
---@field events? { name: string, target: string, time: number, pid?: integer }[]
---@field result? string how it ended, in words
---@field bad? boolean that is bad news
---@field process? string who ran it, in words
---@field pid? integer its events need not say whose they are
---@field started? number microseconds
---@field ended? number
---@field notes? string[] lines below

---The picture of a run: `require "ntvol.timeline"`.
---@class ntvol.timeline
local timeline = {}

---Draws a run as SVG; the same data make the same bytes.
---@param data ntvol.timeline_data
---@return string
function timeline.svg(data) end

---What `svg` needs to draw a report, or an entry of the journal.
---@param report table a report, its `data()`, or an entry of the journal
---@param events? ntvol.event[] those of the report unless given
---@return ntvol.timeline_data
function timeline.of_report(report, events) end

return ntvol
