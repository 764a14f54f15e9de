package main

import "encoding/json"

// What an entry of the log did. The names are those that faults and the command "log" use.
const (
	opCreate    = "create"
	opMkdir     = "mkdir"
	opSymlink   = "symlink"
	opLink      = "link"
	opUnlink    = "unlink"
	opRmdir     = "rmdir"
	opRename    = "rename"
	opWrite     = "write"
	opTruncate  = "truncate"
	opSetattr   = "setattr"
	opFsync     = "fsync"
	opFdatasync = "fdatasync"
	opSyncDir   = "fsync-folder"
	opMark      = "mark"
)

// name is a change of one directory entry; Ino 0 removes it.
type name struct {
	Dir  uint64
	Name string
	Ino  uint64
}

// operation is one entry of the log. Its position in the log is its time: operation i happened before operation i+1.
type operation struct {
	Kind string
	Path string // for people and for faults; replay never looks at it
	To   string // the new path of a rename or link
	Time int64  // nanoseconds since the Unix epoch

	Ino    uint64
	Names  []name // create, mkdir, symlink, link, unlink, rmdir, rename
	Node   *node  // create, mkdir, symlink: the node as it was born
	Offset int64  // write
	Data   []byte // write
	Size   int64  // truncate
	Attr   *attributes

	// A sync covers what was logged before Upto, the length of the log when it began. One of a file that failed loses it:
	// the kernel marks the pages clean, so that no later sync writes them.
	Upto   int
	Failed bool

	Mark json.RawMessage
}

// attributes are those that a setattr changed.
type attributes struct {
	Mode, Uid, Gid *uint32
	Atime, Mtime   *int64
}

// recording is all that is needed to build any state that a power cut may have left.
type recording struct {
	Base             *tree // what lay on the disk at mount, all of it durable
	Ext4, SplitMoves bool
	Log              []operation
}
