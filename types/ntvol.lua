---@meta ntvol
-- Types of the public interface, for editors (LuaCATS). The functions are made
-- of the LDoc comments in src and lua by `make tables`.
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
---@field content? string what a RAW volume holds, as others call it: "ext4", "BitLocker" (simulated machine)
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
---@field reason? string why it does not show its volumes: "partition_table", "signature_collision"
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
---@field overlaps? boolean the partition table and volumes in the same place may go, too

---What makes a volume this volume.
---@class ntvol.identity
---@field guid_path string
---@field serial string
---@field size integer
---@field extents ntvol.extent[]

---Cylinders, heads, sectors per track, sector size and length.
---@class ntvol.geometry
---@field cylinders integer
---@field heads integer
---@field sectors_per_track integer
---@field sector_size integer
---@field size integer

---Device type, disk number and partition number.
---@class ntvol.device_number
---@field type integer
---@field number integer
---@field partition integer

---What `volume:format` did.
---@class ntvol.formatted
---@field file_system string
---@field bytes_written integer
---@field operation? integer
---@field can_undo? boolean

---An entry of a directory.
---@class ntvol.directory_entry
---@field name string
---@field size integer
---@field directory boolean

---How an operation ended.
---@alias ntvol.journal_state "committed"|"failed"|"undone"|"partly undone"|"recovered"|"interrupted"

---What `journal:check` found.
---@class ntvol.journal_checked
---@field pieces { offset: integer, length: integer, good: boolean, problem?: string }[]
---@field noted integer
---@field good integer
---@field damaged? string

---What `journal:prune` leaves.
---@class ntvol.journal_limits
---@field keep? integer
---@field days? integer
---@field keep_saved? integer
---@field days_saved? integer

---Options of `ntvol.with_exclusive_volume`.
---@class ntvol.exclusive_options
---@field access? string|string[]
---@field machine? ntvol.machine|string
---@field wait? number|ntvol.retry
---@field on_attempt? function
---@field on_busy? function

---Options of `ntvol.undo` and `ntvol.recover`; `ntvol.undo` needs `erase`.
---@class ntvol.undo_options
---@field machine? ntvol.machine|string
---@field journal? ntvol.journal
---@field good_only? boolean
---@field erase? string

---What became of an operation that was interrupted.
---@class ntvol.recovered
---@field operation integer
---@field plan string
---@field target string
---@field guid_path string
---@field saved_bytes? integer
---@field outcome string
---@field bytes_written? integer
---@field message? string

---What `sim.create` takes; strings as on the command line: "64M:fat:D:OLD".
---@class ntvol.sim.machine_spec
---@field disks (ntvol.sim.disk_spec|string)[]
---@field nodes? string[]
---@field clock? "real"|"virtual"
---@field mounted? boolean volumes with a letter on fixed disks are mounted from the start: true unless given

---Options of `sim.open`.
---@class ntvol.sim.open_options
---@field node? string the node of a cluster; the first one unless given
---@field clock? "real"|"virtual" virtual: waiting takes no time and only counts

---What `plan.new` takes.
---@class ntvol.plan.spec
---@field name string
---@field target string
---@field steps ntvol.plan.step[]
---@field context? table
---@field erase? string|string[]
---@field about? string[]
---@field run_it? string
---@field identity? table[]
---@field unchecked? string[]

---Options of `plan:run`.
---@class ntvol.plan.run_options
---@field erase? string
---@field on_step? fun(step: ntvol.plan.step, state: string, message?: string)
---@field on_progress? fun(done: integer, total: integer): boolean?
---@field journal? ntvol.journal|false
---@field wait? number|ntvol.retry
---@field on_attempt? function
---@field on_busy? function

---Options of `plan:undo`.
---@class ntvol.plan.take_back_options
---@field on_step? fun(step: ntvol.plan.step, state: string, message?: string)
---@field journal? ntvol.journal|false

---Options of `plan.change_filesystem`.
---@class ntvol.plan.change_options
---@field to string
---@field label? string
---@field cluster_size? integer
---@field quick? boolean
---@field undo? boolean
---@field undo_limit? integer
---@field overlaps? boolean the partition table and volumes in the same place may go, too
---@field machine? ntvol.machine|string

---Options of `plan.format_volume`.
---@class ntvol.plan.format_options
---@field fs? string the file system that the volume has, unless given
---@field label? string
---@field cluster_size? integer
---@field quick? boolean
---@field undo? boolean
---@field undo_limit? integer
---@field overlaps? boolean the partition table and volumes in the same place may go, too
---@field machine? ntvol.machine|string

---Options of `plan.undo`.
---@class ntvol.plan.undo_options
---@field machine? ntvol.machine|string
---@field journal? ntvol.journal
---@field good_only? boolean

---Options of `plan.prepare_lun_removal`.
---@class ntvol.plan.removal_options
---@field lock? "required"|"try"|"no"
---@field spanned? boolean
---@field machine? ntvol.machine|string

---Options of `plan.restore_lun`.
---@class ntvol.plan.restore_options
---@field serial? string
---@field expect? table[]
---@field machine? ntvol.machine|string

---Options of `plan.with_exclusive_volume`.
---@class ntvol.plan.exclusive_options
---@field work (fun(volume: ntvol.volume): ...)
---@field says? string
---@field undo? (fun(volume: ntvol.volume): ...)
---@field access? string|string[]
---@field machine? ntvol.machine|string

---Options of `plan.eject`.
---@class ntvol.plan.eject_options
---@field what? "medium"|"device"
---@field machine? ntvol.machine|string

---Options of `policy:run`.
---@class ntvol.retry.run_options
---@field machine? ntvol.machine
---@field on_attempt? function
---@field on_busy? function

---Options of `volume:map`.
---@class ntvol.map_options
---@field image? boolean the file is run as a program

---Options of `volume:run`.
---@class ntvol.run_options
---@field to_stderr? boolean what the program prints goes to standard error

---Options of `volume:control`.
---@class ntvol.control_options
---@field entry? "fsctl"|"ioctl" the system call; that of the code unless given

---Options of `sim.insert`.
---@class ntvol.sim.insert_options
---@field readonly? boolean write-protected

---Options of `sim.check`.
---@class ntvol.sim.check_options
---@field allow_images? boolean first let it use images outside of its folder

---Start, count, and whether the clusters are used.
---@alias ntvol.cluster_iterator fun(): integer?, integer?, boolean?

---The next event.
---@alias ntvol.event_iterator fun(): ntvol.event?

---What `policy:run` tries; it gets the number of the attempt.
---@alias ntvol.attempt fun(n: integer): any, string?, string?, ntvol.info?

---The options of the next request, with those it is called with.
---@alias ntvol.waiting fun(others?: table): table?

---A connection to a machine.
---@class ntvol.machine
local machine = {}
-- begin functions of machine
---Opens a volume, disk, file or directory. Access to the data of a volume
---mounts it. With `access = "none"` nothing is mounted, and opening succeeds
---even while somebody else holds the lock; such a handle can only be asked
---about the device.
---
---Options:
---* `access`: `"rw"` (unless given), `"r"`, `"w"`, `"none"`, or a list of
---  single rights such as `{ "read_data", "write_attributes" }`, which is taken
---  as it is: read_data, write_data, append_data, read_ea, write_ea, traverse,
---  read_attributes, write_attributes, delete, read_control, write_dac,
---  write_owner, synchronize.
---* `share`: letters of r, w and d, what others may do meanwhile; `"rw"` unless
---  given, `""` is nothing.
---* `disposition`: `"open"` (unless given), `"open_if"`, `"create"`,
---  `"overwrite"`, `"overwrite_if"`, `"supersede"`.
---* `directory`: true: it must be a directory.
---* `timeout`: seconds that one request on this handle may take; without it, a
---  request takes as long as it takes. When the time is over, the request is
---  cancelled and fails with `"ERROR_SEM_TIMEOUT"`. (Requests to a simulated
---  machine take no time, so this never happens there.)
---* `wait`, `on_attempt`, `on_busy`: as those of `volume:lock`. An open is
---  refused while somebody holds the lock or does not share; without these
---  options one attempt is made.
---@param name string # `D:`, `\\.\D:`, `\\?\Volume{guid}`, `PhysicalDrive1`, `\\.\PhysicalDrive1`, `D:\path`
---@param options? ntvol.open_options
---@return ntvol.volume
---@return ntvol.waited? # with an option to wait: `{ attempts, waited, holders, reason }`
---@overload fun(self: ntvol.machine, name: string, options?: ntvol.open_options): nil, string, string, ntvol.info
function machine:open(name, options) end

---Lists the volumes. Asking mounts nothing and changes nothing, but on Windows
---the system may mount a volume to find out its file system. The entries are
---plain tables (ntvol.volume_info) that print as one line each. Fields: `name`,
---`guid_path`, `device`, `mount_points`, `file_system`, `label`, `serial`,
---`size`, `sector_size`, `partition_number`, `extents`, the booleans `mounted`,
---`locked`, `dismounted`, `offline`, `readonly`, `removable`, `system`, `boot`,
---`pagefile`, `csv` (cluster shared), `maintenance` (taken out of the cluster's
---name space), `dirty` (wants to be checked), `busy` (its file system is being
---scrubbed or balanced), `no_medium` (its drive is empty), `unreadable` (an
---image is missing or damaged), `state` in words, and `content`: what a RAW
---volume holds that is known by another name, such as `"ext4"`. Only the
---simulated machine sets `busy`, `no_medium` and `content`. In a cluster there
---is also `owner`, the node that owns the volume, and for a shared volume
---`csv_state`: `"direct"`, `"maintenance"` or `"offline"`.
---@return ntvol.volume_info[] # sizes and offsets are bytes
---@overload fun(self: ntvol.machine): nil, string, string, ntvol.info
function machine:volumes() end

---Lists the disks, masked and uninstalled ones too. The entries are plain
---tables (ntvol.disk_info) that print as one line each. Fields: `number`,
---`name`, `location`, `serial`, `model`, `style` (`"none"`, `"mbr"`, `"gpt"`),
---`size`, `sector_size`, `volume_count`, the booleans `readonly`, `removable`,
---`cdrom`, `no_medium` (an empty drive) and `medium_locked` (the drive keeps
---its medium), both only on the simulated machine, `masked`, `uninstalled`,
---`unreadable` (its image is missing or damaged), `offline` (by its attribute:
---it shows no volumes), `reason` (why it does not show its volumes, a name of
---`ntvol.reasons`), and `state` in words. A CD drive is called `CdRom0`.
---@return ntvol.disk_info[] # sizes are bytes
---@overload fun(self: ntvol.machine): nil, string, string, ntvol.info
function machine:disks() end

---Lists what happened, oldest first. These are the notifications of the file
---systems, of Plug and Play, and of the volume driver. The entries are plain
---tables (ntvol.event) that print as one line each. Fields: `id`, `kind`
---(`"volume"`, `"device"`, `"state"`), `name`, `guid` (GUID_IO_VOLUME_...) and
---`code` (FSRTL_VOLUME_...) where the event has them, `target`, `pid`, `time`
---(seconds since 1970), `node` where only one node of a cluster is told.
---@param after? integer # only events with a greater id
---@return ntvol.event[]
---@overload fun(self: ntvol.machine, after?: integer): nil, string, string, ntvol.info
function machine:events(after) end

---Calls a function with every event that this connection causes. It is called
---in this process, by the request that causes the event, before that request
---returns. LOCK and DISMOUNT announce an attempt: the function is told before
---it, so that it can close what is in the way. It is told of all other events
---when they have happened; after LOCK_FAILED and DISMOUNT_FAILED it can open
---its handles again.
---
---The function is told of what this connection does, and of the cleaning up
---after a dead process when this connection does it. It is not told of other
---processes, nor of other connections of this process: for them there is
---`machine:watch`. It sees every event once and in order. It may use the
---machine, and close volumes; a request whose own handle it closes returns
---`ERROR_INVALID_HANDLE`. It may not close the machine or format: that raises
---an error. An error that it raises becomes a warning, and the request goes on.
---It cannot yield. The requests of a subscriber cause events, too, of which
---subscribers are told in turn. After the eighth time, one within the other,
---such a request is refused (`info.reason == "nested"`).
---
---A subscription can be a `<close>` variable. A program does not need to keep
---it: it lives as long as its machine. Closing the machine closes it, after the
---volumes, so the function hears how their locks end.
---@param fn fun(event: ntvol.event) # `fn(event)`, see `ntvol.subscription` for what it may do
---@return ntvol.subscription # it ends with the machine, or when it is closed
---@overload fun(self: ntvol.machine, fn: fun(event: ntvol.event)): nil, string, string, ntvol.info
function machine:subscribe(fn) end

---Iterates over events of all processes, and waits for them. It sleeps until
---there is one. With `after` it begins with the events after that id (0: all),
---otherwise with what happens from now on. The loop ends when no event comes
---for `timeout` seconds; without `timeout` it goes on for ever, and Ctrl-C ends
---it. What the machine refuses while the loop runs is raised.
---
---A killed process is noticed when the next one uses the machine and cleans up.
---On Windows an event can be up to a second late. A machine in memory cannot be
---watched: while this process waits, nobody else can do anything to it.
---@param after? integer # the id of an event: first come the events after it, 0 for all; without it, only what happens from now on
---@param timeout? number # seconds to wait for each event; 0 lists what is there
---@return ntvol.event_iterator # the iterator; it raises what the machine refuses
---@overload fun(self: ntvol.machine, after?: integer, timeout?: number): nil, string, string, ntvol.info
function machine:watch(after, timeout) end

---Uninstalls a volume or disk (Plug and Play). Everybody who has it open is
---asked, then it is removed, as the device manager does it. Uninstall the
---volumes of a disk before the disk.
---@param name string # `"D:"`, `"PhysicalDrive1"`
---@return true
---@overload fun(self: ntvol.machine, name: string): nil, string, string, ntvol.info
function machine:uninstall(name) end

---Ejects the device of a volume or disk, as "safely remove" does. Everything on
---the device is removed from the system, and then the device can be taken away
---safely. When somebody refuses, `info.veto` says who: `type` (`"driver"`,
---`"outstanding open"`, ...) and `name`. On the simulated machine this ejects
---the medium of a drive, unless somebody has it open (`info.holders`); for a
---fixed disk it returns `ERROR_NOT_SUPPORTED`.
---@param name string # `"E:"`, `"PhysicalDrive1"`
---@return true
---@overload fun(self: ntvol.machine, name: string): nil, string, string, ntvol.info
function machine:eject(name) end

---Stops presenting the LUN of a disk. Elsewhere a storage administrator does
---that; here it works on the simulated machine only. A disk that is still
---installed is removed by surprise, and `events` shows it.
---@param disk string|integer # `"PhysicalDrive1"`, `"1"` or 1
---@return true
---@overload fun(self: ntvol.machine, disk: string|integer): nil, string, string, ntvol.info
function machine:mask(disk) end

---Presents the LUN of a disk again. The disk and its volumes arrive, and the
---volumes come online. This works on the simulated machine only.
---@param disk string|integer # `"PhysicalDrive1"`, `"1"` or 1
---@return true
---@overload fun(self: ntvol.machine, disk: string|integer): nil, string, string, ntvol.info
function machine:unmask(disk) end

---Gives a volume a letter or a mount folder. From then on that is one of its
---names, and the volume is put online. A volume has at most one letter: for a
---second one this returns `ERROR_INVALID_PARAMETER`, reason `has_letter`. A
---mount folder is an existing, empty folder of a mounted NTFS volume (W8); a
---folder of a drive that the machine does not have is taken for one of the
---system's own. This works on the simulated machine only; on Windows use
---`mountvol` or the disk management.
---@param volume string # `"D:"`, or another of its names
---@param point string # `"E:"`, `"C:\\mnt\\data"`
---@return true
---@overload fun(self: ntvol.machine, volume: string, point: string): nil, string, string, ntvol.info
function machine:add_mount_point(volume, point) end

---Takes a letter or a mount folder away. What is open stays open. This works on
---the simulated machine only.
---@param point string # `"E:"`, `"C:\\mnt\\data"`
---@return true
---@overload fun(self: ntvol.machine, point: string): nil, string, string, ntvol.info
function machine:remove_mount_point(point) end

---Lists who has a volume, disk, file or directory open. It opens a handle
---without access to the data, asks that handle's `volume:holders`, and closes
---it again.
---@param name string # `"D:"`, `"PhysicalDrive1"`, `"D:\\a.txt"`
---@return ntvol.holders # with the fields `complete` and `missing`
---@overload fun(self: ntvol.machine, name: string): nil, string, string, ntvol.info
function machine:holders(name) end

---Lists the nodes of the machine's cluster. A machine of no cluster has none.
---This works on the simulated machine only, as do `set_maintenance` and
---`set_owner`.
---@return ntvol.node[] # `{ name = "n1", own = true }`; `own` is true for the node that this machine is
---@overload fun(self: ntvol.machine): nil, string, string, ntvol.info
function machine:nodes() end

---Takes a cluster shared volume out of its name space, or puts it back. That is
---what the cluster manager does. While it is out, it is an ordinary NTFS volume
---of the node that owns it. There it can be taken offline, repaired and
---formatted; on other nodes it does not exist.
---@param volume string # its name
---@param on boolean
---@return true
---@overload fun(self: ntvol.machine, volume: string, on: boolean): nil, string, string, ntvol.info
function machine:set_maintenance(volume, on) end

---Makes a node the owner of a volume. A cluster shared volume stays in use as
---it is. Any other volume exists on its owner only, and moves only when nobody
---has it open.
---@param volume string # its name; the volume may belong to another node
---@param node string
---@return true
---@overload fun(self: ntvol.machine, volume: string, node: string): nil, string, string, ntvol.info
function machine:set_owner(volume, node) end

---Says which operations this machine has. An operation that is false returns
---`ERROR_NOT_SUPPORTED`. `own_formatter` is true where the system formats
---volumes itself. Then nobody knows beforehand what the formatter will say. It
---needs the volume for itself, so the lock is given up meanwhile, and the
---format cannot be taken back. See
---[formatting](format.md#the-systems-own-formatter).
---@return table<string, boolean> # operation -> true or false
function machine:capabilities() end

---Returns the machine's name, as `ntvol.machine` takes it.
---@return string # `"sim:lab"`
function machine:name() end

---Closes the machine and everything that was opened on it. Closing twice is
---harmless.
---@return true
---@overload fun(self: ntvol.machine): nil, string, string, ntvol.info
function machine:close() end

---Lists the methods with one line each.
---@return string
function machine:help() end
-- end functions

---An open volume, disk, file, directory or device.
---@class ntvol.volume
local volume = {}
-- begin functions of volume
---Locks the volume (FSCTL_LOCK_VOLUME); returns a guard. It succeeds when
---nobody else has anything open on the volume, and then nobody else can open
---it. When the lock is refused, `info.holders` says who has something open, and
---`info.class` is `"transient"` when waiting may help. The guard, `unlock` and
---`close` end the lock.
---
---Options:
---* `wait`: seconds to wait while somebody has something open, or a policy
---  (ntvol.retry); `timeout` is another word for it. See
---  [waiting](manual.md#waiting).
---* `on_attempt(n, info)`: called after each attempt that failed; when it
---  returns false, no other attempt is made.
---* `on_busy(holders, n)`: called while somebody has something open; when it
---  returns true, the next attempt is made at once.
---@param options? ntvol.wait_options
---@return ntvol.lock # a guard: unlocks when it is closed
---@return ntvol.waited? # with options: `{ attempts, waited, holders, reason }`
---@overload fun(self: ntvol.volume, options?: ntvol.wait_options): nil, string, string, ntvol.info
function volume:lock(options) end

---Unlocks the volume (FSCTL_UNLOCK_VOLUME).
---@return true
---@overload fun(self: ntvol.volume): nil, string, string, ntvol.info
function volume:unlock() end

---Dismounts the volume (FSCTL_DISMOUNT_VOLUME), locked or not. **Without a lock
---it is forced**: programs that have it open lose their handles. The first
---access after this handle was closed mounts the volume again. A dismount is
---refused for system, boot and page-file volumes, and while another handle
---holds the lock.
---
---Options:
---* `wait`, `timeout`, `on_attempt`, `on_busy`: as those of `lock`, to
---  [wait](manual.md#waiting) while another handle holds the lock.
---* `again`: true: to dismount a volume that was dismounted already succeeds;
---  without it that fails with `ERROR_NOT_READY`.
---@param options? ntvol.dismount_options
---@return true
---@return ntvol.waited? # with options: `{ attempts, waited, holders, reason }`
---@overload fun(self: ntvol.volume, options?: ntvol.dismount_options): nil, string, string, ntvol.info
function volume:dismount(options) end

---Takes the volume offline (IOCTL_VOLUME_OFFLINE). While it is offline, it
---cannot be read, written or mounted. The handle needs read and write access.
---Dismount the volume first, on the same handle.
---@return true
---@overload fun(self: ntvol.volume): nil, string, string, ntvol.info
function volume:offline() end

---Brings the volume online (IOCTL_VOLUME_ONLINE). The handle needs read and
---write access.
---@return true
---@overload fun(self: ntvol.volume): nil, string, string, ntvol.info
function volume:online() end

---Lets this handle reach the volume behind the end of its file system, too
---(FSCTL_ALLOW_EXTENDED_DASD_IO). Without it, reads and writes of some file
---systems end where the file system ends, which may be before the end of the
---volume.
---@return true
---@overload fun(self: ntvol.volume): nil, string, string, ntvol.info
function volume:extended_io() end

---Runs a program while the volume stays as it is. This waits until the program
---has ended. The words are the program, which is looked for in `PATH`, and its
---arguments; no shell takes them apart. The environment variable
---`NTVOL_MACHINE` tells it the machine, so that `ntvol` works on the same one
---there.
---
---What this process has open and locked on the machine stays open and locked as
---long as the program runs, even when this process is killed. When this process
---gets SIGHUP, SIGINT, SIGQUIT or SIGTERM meanwhile, the signal goes to the
---program, and this process waits on. [A program under a
---lock](procedures.md#a-program-under-a-lock) says what that means on each
---machine.
---
---Options: with `to_stderr = true`, what the program prints goes to standard
---error.
---@param words string[] # the program and its arguments
---@param options? ntvol.run_options
---@return integer # its exit status; 128 plus the number of the signal when a signal ended it
---@overload fun(self: ntvol.volume, words: string[], options?: ntvol.run_options): nil, string, string, ntvol.info
function volume:run(words, options) end

---Ejects the medium (IOCTL_STORAGE_EJECT_MEDIA). Lock and dismount the volume
---first: the drive does not ask whether anybody uses it. To eject the device
---itself, call `machine:eject`.
---@return true
---@overload fun(self: ntvol.volume): nil, string, string, ntvol.info
function volume:eject() end

---Allows or forbids taking the medium out by hand
---(IOCTL_STORAGE_MEDIA_REMOVAL).
---@param allowed boolean
---@return true
---@overload fun(self: ntvol.volume, allowed: boolean): nil, string, string, ntvol.info
function volume:media_removal(allowed) end

---Formats the locked volume. It makes a new file system: **everything on the
---volume is lost**, but a quick format saves what it overwrites in the
---[journal](journal.md). Lock the volume first, and dismount it afterwards.
---[Formatting](format.md) tells the steps, and what the volume holds after a
---cancel.
---
---Options:
---* `fs`: `"ntfs"`, `"fat"`, `"fat16"`, `"fat32"` or `"exfat"`.
---* `erase`: names the volume that loses its contents, `"D:"`.
---* `label`; `cluster_size` in bytes.
---* `quick`: true unless given; false also writes zeros to all that the new
---  file system leaves alone.
---* `on_progress(done, total)`: is called with numbers of bytes; when it
---  returns false, the format is cancelled. While it runs, the volume and its
---  machine refuse every other call. An error that it raises cancels the format
---  and is raised again, after a warning that says what the volume holds. The
---  last call, with all bytes done, comes when the new file system is there.
---  Then false changes nothing any more, and after an error the volume is
---  dismounted before the error is raised again.
---* `undo`: false saves nothing. Otherwise what is overwritten is saved in the
---  journal before the first write, so that `ntvol.undo` can take the format
---  back; a failure or a cancel takes it back at once. A full format and the
---  system's own formatter never save.
---* `undo_limit`: how many bytes may be saved, counted when they are packed;
---  256 MiB unless given. When that is not enough, the format is refused.
---* `journal`: an open journal; that of the machine unless given. With false,
---  no note is kept at all.
---* `operation`: the number of the operation that the format is a part of.
---* `overlaps`: true says that the partition table, if the volume holds it, and
---  the volumes that lie in the same place may go, too. Otherwise such a format
---  is refused (reason `overlaps`); while one of them is open it is refused
---  anyway (`in_use`).
---@param options ntvol.format_options
---@return ntvol.formatted # `{ file_system, bytes_written, operation, can_undo }`
---@overload fun(self: ntvol.volume, options: ntvol.format_options): nil, string, string, ntvol.info
function volume:format(options) end

---Reads bytes at an offset: up to `length`, fewer only at the end. On volumes
---and disks offset and length must be multiples of the sector size.
---@param offset integer # bytes from the start
---@param length integer # bytes, at most 1 GiB
---@return string # data
---@overload fun(self: ntvol.volume, offset: integer, length: integer): nil, string, string, ntvol.info
function volume:read(offset, length) end

---Writes bytes at an offset. On volumes and disks, offset and length must be
---multiples of the sector size. A mounted volume accepts writes outside of its
---boot area only while it is locked, or from the handle that dismounted it. A
---FAT volume cuts writes off at the end of its file system without an error,
---and a write behind that end returns 0: compare the result with `#data`. What
---is written to a file may wait until `flush`; on a simulated machine files do
---not grow.
---@param offset integer # bytes from the start
---@param data string
---@return integer # bytes that were written
---@overload fun(self: ntvol.volume, offset: integer, data: string): nil, string, string, ntvol.info
function volume:write(offset, data) end

---Makes what was written durable. It is durable when this returns true.
---@return true
---@overload fun(self: ntvol.volume): nil, string, string, ntvol.info
function volume:flush() end

---Returns the size in bytes. For a volume or disk that is its length, for a
---file its end, for a directory 0.
---@return integer
---@overload fun(self: ntvol.volume): nil, string, string, ntvol.info
function volume:size() end

---Returns the sector size in bytes. Offsets and lengths must be multiples of
---it. For a file it is 1.
---@return integer
function volume:sector_size() end

---Lists who else has it open. For a volume, the list has everything that is
---open on it; for a disk, everything that is open on its volumes, too; for a
---file or directory, only that itself. The entries are plain tables
---(ntvol.holder), one for each thing that is open; this very handle is left
---out. Fields: `pid` (0: not a process), `name` of the program, `how`, `path`
---of what is open, `self` (true for this process), `start_time` (of the
---process, where it is known), `node` (the computer, when it is another one).
---`how` is `"volume handle"`, `"lock"` (a volume handle that holds the lock),
---`"disk handle"`, `"device handle"`, `"open file"`, `"directory"`, `"mapped
---file"` or `"image"` (a program that runs); Windows says only `"has it open"`.
---
---The list has a field `complete`. When that is false, the field `missing` says
---why somebody may not be in the list. The same lists are in errors, as
---`info.holders`.
---@return ntvol.holders
---@overload fun(self: ntvol.volume): nil, string, string, ntvol.info
function volume:holders() end

---Returns what is known about the volume. It is the table that
---`machine:volumes` has for this volume (ntvol.volume_info), and prints as one
---line. For a disk there is none: this returns `ERROR_INVALID_FUNCTION`.
---@return ntvol.volume_info
---@overload fun(self: ntvol.volume): nil, string, string, ntvol.info
function volume:info() end

---Returns what tells this volume from others, whatever its letter. Compare it
---before you write to a volume that was chosen earlier.
---@return ntvol.identity # `{ guid_path, serial, size, extents }`, bytes
---@overload fun(self: ntvol.volume): nil, string, string, ntvol.info
function volume:identity() end

---Returns the label of the file system. It is empty when there is none.
---@return string # empty when it has none
---@overload fun(self: ntvol.volume): nil, string, string, ntvol.info
function volume:label() end

---Says where the volume lies on disks (IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS).
---@return ntvol.extent[] # each `{ disk, offset, length }`, bytes
---@overload fun(self: ntvol.volume): nil, string, string, ntvol.info
function volume:extents() end

---Returns the geometry of the disk below (IOCTL_DISK_GET_DRIVE_GEOMETRY_EX).
---@return ntvol.geometry # `{ cylinders, heads, sectors_per_track, sector_size, size }`; `size` is bytes of the whole disk
---@overload fun(self: ntvol.volume): nil, string, string, ntvol.info
function volume:geometry() end

---Returns device type, disk number and partition number
---(IOCTL_STORAGE_GET_DEVICE_NUMBER).
---@return ntvol.device_number # `{ type, number, partition }`; partition 0 is the whole disk
---@overload fun(self: ntvol.volume): nil, string, string, ntvol.info
function volume:device_number() end

---Returns true when this handle holds the lock. The machine is not asked.
---@return boolean
function volume:is_locked() end

---Asks whether a file system is mounted (FSCTL_IS_VOLUME_MOUNTED). NTFS counts
---a locked volume as not mounted.
---@return boolean
---@overload fun(self: ntvol.volume): nil, string, string, ntvol.info
function volume:is_mounted() end

---Asks whether the volume is offline (IOCTL_VOLUME_IS_OFFLINE).
---@return boolean
---@overload fun(self: ntvol.volume): nil, string, string, ntvol.info
function volume:is_offline() end

---Asks whether the file system wants to be checked (FSCTL_IS_VOLUME_DIRTY). It
---does when it was not dismounted in order, or was marked. The mark is in the
---bytes of the volume, where every other system and `fsck` see it.
---@return boolean
---@overload fun(self: ntvol.volume): nil, string, string, ntvol.info
function volume:is_dirty() end

---Marks the file system as one to be checked (FSCTL_MARK_VOLUME_DIRTY), for all
---programs to see. Only a check takes the mark away. The handle must be one
---that may lock the volume: otherwise this returns `ERROR_INVALID_PARAMETER`.
---@return true
---@overload fun(self: ntvol.volume): nil, string, string, ntvol.info
function volume:mark_dirty() end

---Returns what NTFS knows of its volume (FSCTL_GET_NTFS_VOLUME_DATA). Fields:
---`serial` (64 bits), `sectors`, `clusters`, `free_clusters`,
---`reserved_clusters`, in bytes `sector_size`, `cluster_size`, `record_size`,
---`mft_size`, and as clusters `clusters_per_record`, `mft_start`, `mft_mirror`,
---`mft_zone_start`, `mft_zone_end`.
---@return ntvol.ntfs_data # `{ serial, sectors, clusters, free_clusters, reserved_clusters, sector_size, cluster_size, record_size, clusters_per_record, mft_size, mft_start, mft_mirror, mft_zone_start, mft_zone_end }`
---@overload fun(self: ntvol.volume): nil, string, string, ntvol.info
function volume:ntfs_data() end

---Iterates over used and free clusters (FSCTL_GET_VOLUME_BITMAP). It works on
---FAT, exFAT and NTFS. Each turn of the loop gets one run of clusters: `start`,
---`count` and whether they are `used`. The iterator asks in pieces, as the loop
---goes on, so it may see or miss what changes meanwhile. A refusal at the
---beginning is returned, a later one is raised. Clusters are counted from 0; on
---FAT and exFAT cluster 0 is the one which the format calls 2.
---@return ntvol.cluster_iterator # the iterator; it raises what the machine refuses later
---@overload fun(self: ntvol.volume): nil, string, string, ntvol.info
function volume:bitmap() end

---Makes another handle on the same open object, as DuplicateHandle does. When
---one of the handles locks or dismounts the volume, that counts for all of
---them: each can unlock, and the lock lives until the last one is closed. A
---guard unlocks only while the handle that made it is open.
---@return ntvol.volume
---@overload fun(self: ntvol.volume): nil, string, string, ntvol.info
function volume:duplicate() end

---Maps an open file, which keeps it in use. The result is a handle of the kind
---`"section"`: `read`, `size`, `duplicate` and `close` work, all other requests
---to the machine return `ERROR_INVALID_HANDLE`. The file stays in use after its
---own handle was closed, and so a lock of the volume is refused.
---
---Options: with `image = true` the file is mapped as a program that runs.
---Nobody checks whether its bytes are a program.
---@param options? ntvol.map_options
---@return ntvol.volume
---@overload fun(self: ntvol.volume, options?: ntvol.map_options): nil, string, string, ntvol.info
function volume:map(options) end

---Lists an open directory. The entries come without `.` and `..`, in the
---directory's own order.
---@return ntvol.directory_entry[] # each `{ name, size, directory }`; the size is bytes, 0 for a directory
---@overload fun(self: ntvol.volume): nil, string, string, ntvol.info
function volume:list() end

---Sends a control code, as DeviceIoControl does. It is the way to everything
---that has no method here. Read the output with `string.unpack`.
---@param code integer|string # a number, or a name of `ntvol.codes`
---@param input? string
---@param out_size? integer # bytes, room for the output, at most 1 GiB
---@param options? ntvol.control_options # `entry`: the system call, `"fsctl"` (NtFsControlFile) or `"ioctl"` (NtDeviceIoControlFile); that of the code unless given
---@return string # output
---@overload fun(self: ntvol.volume, code: integer|string, input?: string, out_size?: integer, options?: ntvol.control_options): nil, string, string, ntvol.info
function volume:control(code, input, out_size, options) end

---Returns the name by which it was opened.
---@return string
function volume:name() end

---Says what kind of handle it is: volume, disk, file, directory, section or
---device.
---@return string # `"volume"`, `"disk"`, `"file"`, `"directory"`, `"section"` (a mapped file) or `"device"` (a volume or disk that was opened without data access)
function volume:kind() end

---Returns the machine on which it was opened.
---@return ntvol.machine
function volume:machine() end

---Says which operations this handle has, by its kind and its access. The
---machine may still refuse one.
---@return table<string, boolean> # operation -> true or false
function volume:capabilities() end

---Closes the handle and ends its lock: first the lock, then the handle. Closing
---twice is harmless.
---@return true
---@overload fun(self: ntvol.volume): nil, string, string, ntvol.info
function volume:close() end

---Lists the methods with one line each.
---@return string
function volume:help() end
-- end functions

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

---A held lock; `local guard <close> = assert(vol:lock())` unlocks at the end
---of the scope. Dropping it does not unlock.
---@class ntvol.lock
local lock = {}
-- begin functions of lock
---Unlocks now. That is harmless when the lock has ended already.
---@return true
---@overload fun(self: ntvol.lock): nil, string, string, ntvol.info
function lock:unlock() end

---Returns true while the lock is held.
---@return boolean
function lock:held() end

---Returns the volume that was locked. It may be closed by now.
---@return ntvol.volume
function lock:volume() end

---Lists the methods with one line each.
---@return string
function lock:help() end
-- end functions

---A function that is told of events; it ends with its machine, or when it is
---closed.
---@class ntvol.subscription
local subscription = {}
-- begin functions of subscription
---Ends the subscription: its function is not called any more. The function
---itself may call this. Closing twice is harmless.
---@return true
function subscription:close() end

---Lists the methods with one line each.
---@return string
function subscription:help() end
-- end functions

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
-- begin functions of journal
---Opens the journal in a folder, that of the user's state unless one is given.
---It makes both when they are not there, readable by their owner only. On
---Windows it comes with the zip and not with the rock. `":memory:"` is a new
---journal in memory, which is gone when it is closed.
---@param path? string # that of the user's state unless given, or `":memory:"`
---@return ntvol.journal
---@overload fun(path?: string): nil, string, string, ntvol.info
function journal.open(path) end

---Returns the journal in which operations on a machine are noted when no other
---one is named. A machine in memory has a journal of its own. It is in memory,
---too, and ends with its machine, so that a test leaves no trace in the user's
---journal. All other machines share the user's journal. The journal stays open,
---and every call returns the same one.
---@param machine ntvol.machine
---@return ntvol.journal
---@overload fun(machine: ntvol.machine): nil, string, string, ntvol.info
function journal.of(machine) end

---Begins an operation and returns its number. When `begin`, `step` or `finish`
---has returned success, its note is on the disk.
---@param about ntvol.journal_about # `plan` (what it is), and optional: `target`, `machine`, `identity` (as `volume:identity` returns it), `command` (options, as a text), `parent` (the number of the operation that it is a part of)
---@return integer
---@overload fun(self: ntvol.journal, about: ntvol.journal_about): nil, string, string, ntvol.info
function journal:begin(about) end

---Notes a step of an operation that runs. The same step can be noted again, to
---add what is known by now; fields that are not given stay as they are.
---@param id integer # of the operation
---@param number integer # of the step, from 1
---@param step ntvol.journal_step # `name`, `target`, `outcome`, `message`, `started`, `ended`, `undo_started`, `undo_ended` (seconds since 1970), `final` (it cannot be undone), all optional
---@return true
---@overload fun(self: ntvol.journal, id: integer, number: integer, step: ntvol.journal_step): nil, string, string, ntvol.info
function journal:step(id, number, step) end

---Ends an operation that runs, or that was interrupted.
---@param id integer
---@param state ntvol.journal_state # `"committed"`, `"failed"`, `"undone"`, `"partly undone"`, `"recovered"` or `"interrupted"`
---@param message? string
---@return true
---@overload fun(self: ntvol.journal, id: integer, state: ntvol.journal_state, message?: string): nil, string, string, ntvol.info
function journal:finish(id, state, message) end

---Lists the operations, oldest first, without their steps. They are plain
---tables (ntvol.journal_entry).
---@return ntvol.journal_entry[] # times are seconds since 1970
---@overload fun(self: ntvol.journal): nil, string, string, ntvol.info
function journal:entries() end

---Returns one operation with its steps, as a plain table (ntvol.journal_entry).
---@param id integer
---@return ntvol.journal_entry
---@overload fun(self: ntvol.journal, id: integer): nil, string, string, ntvol.info
function journal:entry(id) end

---Looks whether what an operation saved is good. The checksum of each piece
---must be right, no piece may be missing, be there twice or overlap another,
---and the pieces must be of the volume that the operation names. This reads all
---of the data and changes nothing.
---@param id integer
---@return ntvol.journal_checked # `pieces` (a list of `{ offset, length, good, problem }`), `noted` (how many were saved), `good` (how many are good), and when anything is damaged `damaged`, a sentence that says what
---@overload fun(self: ntvol.journal, id: integer): nil, string, string, ntvol.info
function journal:check(id) end

---Forgets what is old. These are entries beyond the newest `keep`, and entries
---that ended more than `days` ago. The saved bytes, which make an undo
---possible, are forgotten beyond the newest `keep_saved` entries and when they
---are older than `days_saved`. An operation that runs or was interrupted stays.
---
---The newest saved bytes of each volume stay, too, as long as its machine is
---there, unless `keep_saved` or `days_saved` is given.
---@param policy? ntvol.journal_limits # `keep` (1000 unless given), `days` (366), `keep_saved` (20), `days_saved` (31)
---@return { operations: integer, saved: integer } # `{ operations, saved }`: how many entries, and how many entries' saved bytes were forgotten
---@overload fun(self: ntvol.journal, policy?: ntvol.journal_limits): nil, string, string, ntvol.info
function journal:prune(policy) end

---Returns the path of the database.
---@return string
function journal:path() end

---Closes the journal. An operation that was begun and not finished counts as
---interrupted from now on. Closing twice is harmless.
---@return true
function journal:close() end

---Lists the methods with one line each.
---@return string
function journal:help() end
-- end functions

---@class ntvol
---@field _VERSION string
---@field codes table<string, integer> control codes by name
---@field errors table<string, { win32: integer, statuses: string[], class: string, message: string }> error codes by name
---@field sim ntvol.sim
---@field plan ntvol.plan
---@field journal ntvol.journal
---@field retry ntvol.retry_module
local ntvol = {}
-- begin functions of ntvol
---Opens a volume, disk, file or directory of the current machine, as
---`machine:open` does. When a crash or a kill has interrupted an operation on
---it, a warning says so first, once for each name.
---@param name string
---@param options? ntvol.open_options
---@return ntvol.volume
---@overload fun(name: string, options?: ntvol.open_options): nil, string, string, ntvol.info
function ntvol.open(name, options) end

---Lists the volumes of the current machine: see `machine:volumes`.
---@return ntvol.volume_info[] # they print as one line each
---@overload fun(): nil, string, string, ntvol.info
function ntvol.volumes() end

---Lists the disks of the current machine: see `machine:disks`.
---@return ntvol.disk_info[] # they print as one line each
---@overload fun(): nil, string, string, ntvol.info
function ntvol.disks() end

---Takes the last format of a volume back, byte for byte, as long as its new
---file system was not used. The file system that is on the volume now is lost,
---so `erase` names the volume once more. Under the lock, the volume is compared
---with what the format wrote. When a byte differs, the undo is refused, reason
---`file_system_used`, and the message names the first such byte. `ntvol log`
---says what the journal has. `ntvol.plan.undo` makes a plan of the same.
---
---All that the journal has saved is verified before the first write, and is
---read back from the volume after the last one. When the journal is damaged,
---the undo is refused, reason `journal_damaged`, and `info.detail` says which
---bytes are good. `good_only = true` writes back what is good and leaves the
---rest as it is. That is a failure with the outcome `"partly restored"`,
---because the volume is not what it was. The reason `verify` means that the
---volume did not keep what was written back.
---@param name string # of the volume
---@param options ntvol.undo_options # `erase`, the name of the volume once more, and optional: `machine`, `journal`; `good_only`: when the journal is damaged, write back what is good in it and leave the rest as it is
---@return ntvol.report # of the plan
---@overload fun(name: string, options: ntvol.undo_options): nil, string, string, ntvol.info
function ntvol.undo(name, options) end

---Takes back what a crash, a kill or a power cut has interrupted, on one volume
---or on all volumes of the machine. Afterwards the volume is what it was
---before, byte for byte. A recovery that was interrupted itself can be
---repeated. An error of a hook, or Ctrl-C, ends it between two operations, and
---cuts none of them.
---
---The outcome of an operation is `"recovered"`, `"closed"` (it had written
---nothing, and only the journal was put in order) or `"superseded"` (a later
---format wrote over it; undo that first, then recover). When a format without
---an undo had begun to write, its outcome is `"lost"`, and the recovery fails
---with the reason `no_undo`. A damaged journal is refused as by `ntvol.undo`,
---and `good_only` with `erase` means the same here. A recovery is also refused
---when GUID path, size or place on the disks have changed (reason
---`identity_changed`), when bytes are on the volume that were neither there
---before nor written by the format (`file_system_used`), and when others have
---it open (`in_use`).
---@param name? string # of a volume; all of the machine unless given
---@param options? ntvol.undo_options # `machine`, `journal`; `good_only` with `erase`, the name of the volume once more: when the journal is damaged, write back what is good in it
---@return ntvol.recovered[] # `{ operation, plan, target, outcome, bytes_written, message }`; an outcome is `"recovered"`, `"closed"` where nothing was written and only the journal was put in order, or `"superseded"` where a later format has to be undone first
---@overload fun(name?: string, options?: ntvol.undo_options): nil, string, string, ntvol.info
function ntvol.recover(name, options) end

---Calls a function with a volume that is locked, so that nobody else has it
---open. The volume is unlocked and closed however the function ends, also by an
---error or Ctrl-C. A system, boot or page-file volume is refused.
---@param name string # of the volume
---@param fn fun(volume: ntvol.volume): ... # called with the volume
---@param options? ntvol.exclusive_options # `access` (as of `machine:open`), `machine`, and `wait`, `on_attempt`, `on_busy` as of `volume:lock`
---@return any # what the function returns; true when it returns nothing
---@overload fun(name: string, fn: fun(volume: ntvol.volume): ..., options?: ntvol.exclusive_options): nil, string, string, ntvol.info
function ntvol.with_exclusive_volume(name, fn, options) end

---Connects to a machine and makes it the current one. `"sim:lab"` or `"lab"` is
---the simulated machine in the folder `lab`. An open machine object is taken as
---it is.
---
---Without an argument it returns the current machine. That is the machine that
---was set before, else the one that the environment variable `NTVOL_MACHINE`
---names, else the native machine of this system.
---@param spec? string|ntvol.machine # `"sim:lab"`, or `"lab"` for a folder with a simulated machine, or a machine
---@return ntvol.machine
---@overload fun(spec?: string|ntvol.machine): nil, string, string, ntvol.info
function ntvol.machine(spec) end

---What a value is. `"volume"`, `"closed volume"`, `"machine"`, `"closed
---machine"`, `"lock"`, `"closed lock"`, `"subscription"`, `"closed
---subscription"`, `"journal"`, `"closed journal"`, or nil for anything else.
---@param value any # anything
---@return string?
function ntvol.type(value) end

---The number of a control code, from its parts: `device << 16 | access << 14 |
---func << 2 | method`.
---@param device integer
---@param func integer
---@param method integer
---@param access integer
---@return integer
function ntvol.ctl_code(device, func, method, access) end

---Makes a text that is safe to show. Labels, names, paths and messages come
---from disks and from other programs. They may hold codes that make a terminal
---show anything. So this function makes visible escapes, like `\x1b` and
---`\u{202e}`, of codes that a terminal obeys, of characters that turn the
---direction of writing or cannot be seen, and of bytes that are not UTF-8.
---
---A backslash stays a backslash, since NT paths are full of them. Look at the
---field for the exact bytes. All that ntvol prints for people has gone through
---this function: every message with its `info.detail` and `info.hint`, every
---`tostring`, warnings, and what the command prints. All other fields (`label`,
---`name`, `info.target`, the name of a holder) are the exact bytes; a script
---that prints them itself calls `ntvol.printable`. `--json` writes the same
---characters as `\u001b`, and a program that parses it gets them back. JSON
---cannot hold a byte that is not UTF-8; such a byte becomes U+FFFD.
---@param text string
---@param lines? boolean # whether line ends and tabs stay as they are
---@return string
function ntvol.printable(text, lines) end

---Explains an error: what it means, which reasons ntvol gives with it, what to
---do next. The result prints as text. In `ntvol repl` it is `explain`;
---`explain()` explains the last failure.
---@param what string|integer|ntvol.info # `"ERROR_NOT_READY"`, `"STATUS_VOLUME_DISMOUNTED"`, a number of either (`21`, `0xC000026E`), a reason as `"in_use"`, or the table `info` of a failure
---@return ntvol.explanation # `{ kind, name, statuses, reasons }`, and where it has them `meaning`, `next`, `class`, `holders`; `kind` is `"code"`, `"status"`, `"reason"` or `"failure"`
---@overload fun(what: string|integer|ntvol.info): nil, string, string, ntvol.info
function ntvol.explain(what) end

---Help on the module, or on a machine, volume, lock, subscription or journal.
---It has one line for each function, for an interactive Lua:
---`print(ntvol.help())`.
---@param topic? any # nil, such an object, or `"machine"`, `"volume"`, `"lock"`, `"subscription"`, `"journal"`
---@return string
function ntvol.help(topic) end

---A ready-made `on_progress`. It draws a bar when standard error is a terminal,
---and does nothing otherwise.
---@param done integer # bytes
---@param total integer # bytes
function ntvol.progress_bar(done, total) end
-- end functions

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

---Simulated machines: `require "ntvol.sim"`.
---@class ntvol.sim
local sim = {}
-- begin functions of sim
---Creates a simulated machine and connects to it. It is in a folder that does
---not exist or is empty, or in memory (`":memory:"`). On failure nothing is
---left behind. `spec.disks` is a list; each disk is a string as on the command
---line, `"64M:fat:D:OLD"` (size, file system, letter, label; all but the size
---may be left out), or a table (ntvol.sim.disk_spec). Volumes with the same
---`span` are the pieces of one volume. A disk with several volumes, or with a
---volume smaller than itself, gets a GPT unless `style` says otherwise. The
---history of events begins empty.
---
---Volumes with a letter on fixed disks are mounted from the start, as on
---Windows, where something has always looked at them: a write into one through
---its disk needs a lock or a dismount. `mounted = false` in `spec` leaves them
---unmounted; `mounted` in a volume says it of that volume. What the system uses
---(`system`, `boot`, `pagefile`) always is mounted.
---
---`spec.nodes`, a list of names (1 to 15 letters, digits and `-`), makes the
---machine a [cluster](simulator.md#clusters), and the connection its first
---node; `csv` in a volume makes it cluster shared. `spec.clock` is as in
---`open`; `"real"` makes a machine in memory really wait.
---@param path string # a folder that does not exist or is empty, or `":memory:"`
---@param spec ntvol.sim.machine_spec # strings as on the command line: "64M:fat:D:OLD"
---@return ntvol.machine
---@overload fun(path: string, spec: ntvol.sim.machine_spec): nil, string, string, ntvol.info
function sim.create(path, spec) end

---Connects to a simulated machine. A connection to a cluster is one of its
---nodes. The option `node`, or the end of the path, `"lab?node=n2"`, names the
---node; unless given it is the first one, and `machine:name()` says which. A
---process may connect as several nodes.
---
---With `clock = "virtual"`, [waiting](manual.md#waiting) takes no real time,
---and time is only counted: a lock that waits 15 seconds returns at once, and a
---program that waits always runs in the same way. Each connection has its own
---clock. A machine in memory has a virtual clock anyway.
---@param path string # its folder; of a cluster the node may follow it: `"lab?node=n2"`
---@param opts? ntvol.sim.open_options # `clock`: `"real"` (unless given) or `"virtual"`; `node`: the node of a cluster that this process is one of; without it the first one. The name of the machine says which.
---@return ntvol.machine
---@overload fun(path: string, opts?: ntvol.sim.open_options): nil, string, string, ntvol.info
function sim.open(path, opts) end

---Puts a medium, an existing image, into an empty drive of a simulated machine.
---The drive keeps its letter. What was open on an earlier medium is checked
---again when it is next used: see
---[drives](simulator.md#drives-and-their-media). Programs that have something
---open are not asked, because a person puts a medium in by hand.
---@param machine ntvol.machine
---@param drive string # its volume, or as a disk: `"E:"`, `"CdRom0"`
---@param image string # the medium: an existing image
---@param how? ntvol.sim.insert_options # `readonly`: it is write-protected
---@return true
---@overload fun(machine: ntvol.machine, drive: string, image: string, how?: ntvol.sim.insert_options): nil, string, string, ntvol.info
function sim.insert(machine, drive, image, how) end

---Takes the medium out of a drive of a simulated machine, as a person does it
---by hand. Programs are not asked. Only the drive may refuse: it may have been
---told to keep its medium (`volume:media_removal`).
---@param machine ntvol.machine
---@param drive string # its volume, or as a disk: `"E:"`, `"CdRom0"`
---@return true # also when there was none
---@overload fun(machine: ntvol.machine, drive: string): nil, string, string, ntvol.info
function sim.eject(machine, drive) end

---Looks for everything that is wrong with a simulated machine, and changes
---nothing. It checks the schema and every value of the database, and finds
---processes that have ended and images that are missing, cut off, links, or
---outside of the folder and not allowed. Use it for a machine from [somebody
---else](simulator.md#a-machine-from-somebody-else). Each entry of the list says
---`what` is wrong. An entry about a value in the database has `table`,
---`column`, `row` and `value`, too. An entry with `note = true` is no damage:
---it is about something that mends itself.
---@param path string
---@param how? ntvol.sim.check_options # `allow_images`: first let the machine use the images outside of its folder that its disks name: do that when you trust it
---@return ntvol.sim.damage[] # a list; empty: the machine is fine
---@overload fun(path: string, how?: ntvol.sim.check_options): nil, string, string, ntvol.info
function sim.check(path, how) end

---Removes a simulated machine's folder: its database, and the images that were
---made for it. Images that were there before stay, and so does anything else in
---the folder.
---@param path string
---@return true
---@overload fun(path: string): nil, string, string, ntvol.info
function sim.remove(path) end
-- end functions

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
---@field mounted? boolean from the start; unless given as the machine says, and always when the system uses it

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

---Something that is wrong with a simulated machine.
---@class ntvol.sim.damage
---@field what string
---@field table? string of a value in the database, as the next three
---@field column? string
---@field row? string "id 3"
---@field value? string
---@field note boolean it mends itself

---Plans and procedures: `require "ntvol.plan"`.
---Policies for waiting.
---@class ntvol.retry_module
local retry = {}
-- begin functions of retry
---Makes a policy. The first pause is `first` seconds. Each further pause is
---`factor` times as long, up to `longest`. A random part of each pause, up to
---`jitter` of it (0 to 1), is left out, so that two programs that wait for each
---other do not meet again and again. A pause ends early when the machine sees
---that somebody closed or unlocked something.
---@param opts? ntvol.retry_options # `wait` (seconds in all, 10 unless given), `first` (0.05), `factor` (2), `longest` (1), `jitter` (0.5), `seed` (an integer: the same pauses each time), `classes` (of errors to wait for, `{ "transient" }`)
---@return ntvol.retry
function retry.new(opts) end

---Shares one time among several requests. It returns a function that returns
---the options of the next request, with the rest of the time. That function may
---be called with other options of the request, which are added.
---@param machine? ntvol.machine # whose clock it is; without one, every request has all of the time
---@param opts ntvol.wait_options # `wait`, `on_attempt`, `on_busy`, as those of `volume:lock`; without one of them nothing waits
---@return ntvol.waiting # called with the other options of the request, or nothing
function retry.share(machine, opts) end
-- end functions

---@class ntvol.retry
local policy = {}
-- begin functions of policy
---Calls `attempt` until it succeeds, the time is over, or waiting does not
---help. A failure whose class the policy does not wait for is returned at once.
---When the time is over, the failure of the last attempt is returned, with the
---class `"timeout"`. Every failure has `info.attempts` and `info.waited`
---(seconds).
---@param attempt ntvol.attempt # called with the number of the attempt; it returns a true value, or nil, message, code, info
---@param opts? ntvol.retry.run_options # `machine`: whose clock it is, the current one unless given; `on_attempt(n, info)`: called after each attempt that failed and may be repeated, false stops; `on_busy(holders, n)`: called with those in the way, to ask them to leave, true tries again at once
---@return any # what `attempt` returned
---@return ntvol.waited # `{ attempts, waited, holders, reason, cause }`; the last three are those of the last failure that was waited for; it prints as one line
---@overload fun(self: ntvol.retry, attempt: ntvol.attempt, opts?: ntvol.retry.run_options): nil, string, string, ntvol.info
function policy:run(attempt, opts) end
-- end functions

---@class ntvol.plan
local plan = {}
-- begin functions of plan
---The documented procedure that changes the file system of a volume: open,
---lock, format, dismount, unlock, close; then it is opened again, and has to
---come back as the new file system. The volume's identity is pinned when the
---plan is made, and compared before the first write.
---@param volume string # name of the volume
---@param options ntvol.plan.change_options # `to` (`"ntfs"`, `"fat"`, ...), and optional: `label`, `cluster_size` (bytes), `quick`, `undo`, `undo_limit`, `machine`
---@return ntvol.plan.object
---@overload fun(volume: string, options: ntvol.plan.change_options): nil, string, string, ntvol.info
function plan.change_filesystem(volume, options) end

---Formats a volume, whatever it holds now: a file system, or none. Steps,
---checks, token and undo are those of `change_filesystem`. Without `fs` the
---volume gets the file system again that it has.
---@param volume string # name of the volume
---@param options? ntvol.plan.format_options # `fs` (`"ntfs"`, `"fat"`, ...; the one it has unless given), `label`, `cluster_size` (bytes), `quick`, `undo`, `undo_limit`, `overlaps`, `machine`
---@return ntvol.plan.object
---@overload fun(volume: string, options?: ntvol.plan.format_options): nil, string, string, ntvol.info
function plan.format_volume(volume, options) end

---Takes the last format of a volume back, as long as its new file system was
---not used: open, lock, compare, write back, dismount, unlock, close; then it
---is opened again, and the old file system has to be there. `ntvol.undo` is the
---same in one call.
---@param volume string # name of the volume
---@param options? ntvol.plan.undo_options # `machine`, `journal` (an open one; that of the machine unless given), `good_only` (when it is damaged: write back what is good in it; the run fails with outcome `"partly restored"`)
---@return ntvol.plan.object
---@overload fun(volume: string, options?: ntvol.plan.undo_options): nil, string, string, ntvol.info
function plan.undo(volume, options) end

---The documented procedure before a LUN is masked. Every volume of the disk is
---opened, locked (optional), dismounted and taken offline, all on the same
---handle. Then the volumes and the disk are uninstalled. After that the LUN can
---be masked without a surprise removal. When a step fails, the finished steps
---are undone in reverse: the volumes are brought online and unlocked.
---@param disk string|integer # `"PhysicalDrive1"` or 1
---@param options? ntvol.plan.removal_options # `lock`: `"required"` (a volume in use is refused; unless given), `"try"` (goes on without it: programs that have the volume open lose their handles) or `"no"`; `spanned`: true when a volume may go away that lies on another disk, too (refused otherwise); `machine`
---@return ntvol.plan.object
---@overload fun(disk: string|integer, options?: ntvol.plan.removal_options): nil, string, string, ntvol.info
function plan.prepare_lun_removal(disk, options) end

---Brings back a disk whose LUN was masked. The LUN is presented again where the
---machine can do that. The disk and its volumes arrive, are brought online, and
---are compared with what was known of them. An undo takes the disk away again,
---in the documented way.
---@param disk string|integer # `"PhysicalDrive1"` or 1
---@param options? ntvol.plan.restore_options # `serial`: what the disk must tell as its serial number; `expect`: the pinned volumes that must come back, no more and no less, as `report.identity` of `prepare_lun_removal` has them; `machine`
---@return ntvol.plan.object
---@overload fun(disk: string|integer, options?: ntvol.plan.restore_options): nil, string, string, ntvol.info
function plan.restore_lun(disk, options) end

---Works on a volume that nobody else can open meanwhile, as a plan: open, lock,
---work, unlock, close. `ntvol.with_exclusive_volume` does the same in one call,
---without a plan.
---@param volume string # name of the volume
---@param options ntvol.plan.exclusive_options # `work(volume)`, which returns nothing or a true value, or nil, message, code, info; and optional: `says` (its line in the plan), `undo(volume)` (takes back what `work` did; without it, and unless `access` is `"r"`, the step cannot be undone), `access`, `machine`
---@return ntvol.plan.object
---@overload fun(volume: string, options: ntvol.plan.exclusive_options): nil, string, string, ntvol.info
function plan.with_exclusive_volume(volume, options) end

---Ejects a medium or a device. Every volume of the disk is locked and
---dismounted. Then the medium comes out of the drive, or the device is made
---safe to take away.
---@param name string # of a volume on it, or of the disk
---@param options? ntvol.plan.eject_options # `what`: `"medium"` or `"device"`; unless given the medium where it can be taken out; `machine`
---@return ntvol.plan.object
---@overload fun(name: string, options?: ntvol.plan.eject_options): nil, string, string, ntvol.info
function plan.eject(name, options) end

---Makes a plan out of steps of your own.
---
---A step is a table with the fields `name` (a word), `says` (one line for
---people) and `run`. Optional fields are `target` (the target of the plan
---unless given), `check` (tests a precondition and changes nothing), `undo`
---(takes the step back), `destroys` (the step loses data) and `final` (the step
---loses nothing, but cannot be undone). The functions `check`, `run` and `undo`
---get the context. They return a true value, or nil, message, code, info. When
---`run` succeeds and returns a string as its second value, the report has that
---as a note. Whatever `run` opens it gives to `context.keep(object)`: that
---object is closed at the end of the run, whatever happens. An error that a
---step raises is a mistake of the program: the finished steps are undone, and
---the error is raised again. Nobody knows how far such a step came. So when the
---step has `destroys`, its own `undo` is called, too.
---
---The context of a run inherits the fields of `spec.context`. It has three
---functions of its own. `on_progress(done, total)` calls the one of `plan:run`,
---and returns false when the step is to stop. `interruptible(f, ...)` calls `f`
---so that Ctrl-C may end it, and returns what `f` returns; nothing else in a
---step is cut by an [interrupt](plans.md#interrupts). `waiting(options)`
---returns the options for a request that may wait, as `plan:run` says. When the
---context has a field `machine`, the report has the name and the events of that
---machine. The functions of a plan cannot yield.
---@param spec ntvol.plan.spec # `{ name, target, steps }`, and optional: `context`, `erase` (the name, or names, that must be given to run a plan that destroys data; the target unless given), `about` (lines on the objects), `run_it` (how it is run, the last line that it prints), `identity` (pinned volumes, for the report), `unchecked` (lines: what no check can find out without writing)
---@return ntvol.plan.object
function plan.new(spec) end
-- end functions

---@class ntvol.plan.step
---@field name string "lock"
---@field says string one line for people
---@field target? string what it works on; the plan's target unless given
---@field check? fun(context: table): true?, string?, string?, ntvol.info?
---@field run fun(context: table): any, string?, string?, ntvol.info?
---@field undo? fun(context: table): true?, string?, string?, ntvol.info?
---@field destroys? boolean data is lost here; cannot be undone
---@field final? boolean nothing is lost here, but it cannot be undone

---@class ntvol.plan.object
local object = {}
-- begin functions of object
---Tests every precondition, and changes nothing. `plan.unchecked` lists what no
---check can find out without writing. A plan whose last check failed does not
---say how to run it when it is printed.
---@return true
---@overload fun(self: ntvol.plan.object): nil, string, string, ntvol.info
function object:check() end

---Checks the plan and runs it. When a step fails, the finished steps are undone
---in reverse.
---
---The run is interrupted by Ctrl-C, and by an error of one of the functions
---below. It notices an interrupt between two steps and where it calls these
---functions. Then it undoes the finished steps, and raises the error again.
---When it is too late for that, the run goes on to its end, and the report says
---so.
---
---Options:
---* `erase`: names the object that loses its contents; it is needed when the
---  plan destroys data.
---* `on_step(step, state, message)`: called with `"start"`, `"done"`,
---  `"failed"`, `"undone"` or `"undo failed"`.
---* `on_progress(done, total)`: as in `volume:format`.
---* `wait`, `on_attempt`, `on_busy`: to [wait](manual.md#waiting) while
---  somebody uses the volume, as in `volume:lock`; all steps share the time.
---* `journal`: an open [journal](journal.md), or false for none; unless given
---  it is that of the machine, and the run is refused when that cannot be
---  written.
---@param opts? ntvol.plan.run_options
---@return ntvol.report # the report, see `plan:report`
---@overload fun(self: ntvol.plan.object, opts?: ntvol.plan.run_options): nil, string, string, ntvol.info
function object:run(opts) end

---Takes the last run of this plan back: every finished step, the last first.
---When one of the steps cannot be undone, nothing is undone, and the reason is
---`no_undo`. A run that failed was undone at once.
---@param opts? ntvol.plan.take_back_options # `on_step`, `journal`, as in `plan:run`
---@return ntvol.report
---@overload fun(self: ntvol.plan.object, opts?: ntvol.plan.take_back_options): nil, string, string, ntvol.info
function object:undo(opts) end

---The report of the last run; nil before the first one. [Its
---fields](plans.md#the-report) are stable.
---
---It prints as a table. Fields: `plan`, `target`, `machine`, `command`, `state`
---(`"done"`, `"undone"`, `"failed"`, `"refused"`), `started` and `ended`
---(seconds since 1970, UTC), `steps` (`{ name, target, says, outcome, message,
---code, started, ended, seconds, destroys, can_undo }`; an outcome is `"done"`,
---`"failed"`, `"undone"`, `"undo failed"` or `"not run"`), `events`,
---`undo_failures`, `identity`, `unchecked`, and after a failure `message`,
---`code`, `class`, `reason`, `outcome`, `next` (the command that deals with
---what is left); `too_late` when it was cancelled and was done all the same.
---`report:data()` returns plain tables for JSON.
---@return ntvol.report?
function object:report() end
-- end functions

---@class ntvol.report.step
---@field name string
---@field target string
---@field says string
---@field outcome "not run"|"done"|"failed"|"undone"|"undo failed"
---@field message? string a note, or the failure
---@field code? string
---@field started? number seconds since 1970, UTC
---@field ended? number
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
---@field started number seconds since 1970, UTC
---@field ended? number
---@field identity table[] the pinned volumes
---@field steps ntvol.report.step[]
---@field undo_failures table[]
---@field events ntvol.event[]
---@field unchecked string[]
---@field journal? integer number of the run in the journal
---@field journal_missing? string why it is not there
---@field too_late? true it was cancelled, and was done all the same
---@field holds? string what the volume holds after that: `NTFS "DATA"`
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
-- begin functions of timeline
---Draws a run. The picture depends on the data alone: the same data make the
---same bytes. All times are microseconds, since 1970 or since any other moment.
---@param data ntvol.timeline_data # `title`, `steps`, and optional: `locks`, `events`, `result` (how it ended, in words; `bad` when that is bad news), `process` (who ran it, in words), `pid` (its events need not say whose they are), `started`, `ended`, `notes` (lines below). A step is `{ name, target, started, ended, outcome, message, final, undo_started, undo_ended, number }`, with the outcomes of `plan:run`; `final` marks one that cannot be undone; `number` is its place in the list unless given. A lock is `{ kind, holder, target, from, to }`, its kind `"lock"` unless given, or `"dismounted"`, `"offline"`, `"removed"`, `"lost"`, `"masked"`; without `from` it was there before, without `to` it stays. An event is `{ name, target, time, pid }`.
---@return string # SVG
function timeline.svg(data) end

---Makes the data that `svg` needs to draw a run. They are made from the report
---of a plan, or an entry of the journal, and from the events that the machine
---saw meanwhile. Events on other volumes and disks are left out. The locks and
---the other states are found in the events.
---@param report table # a report, its `report:data()`, or `journal:entry(id)`; times are seconds or microseconds since 1970
---@param events? ntvol.event[] # as `machine:events` returns them; those of the report unless given
---@return ntvol.timeline_data
function timeline.of_report(report, events) end
-- end functions

return ntvol
