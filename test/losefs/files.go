package main

import (
	"slices"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// What the kernel asks of an open file, and of attributes.

func (fs *filesystem) Open(_ <-chan struct{}, in *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	return fs.locked("open", fs.inode(in.NodeId), func() fuse.Status {
		if n := fs.live.Nodes[in.NodeId]; in.Flags&syscall.O_TRUNC != 0 && len(n.Data) > 0 {
			fs.truncate(n, 0)
		}
		out.OpenFlags = fuse.FOPEN_KEEP_CACHE
		return fuse.OK
	})
}

func (fs *filesystem) Read(_ <-chan struct{}, in *fuse.ReadIn, buf []byte) (result fuse.ReadResult, status fuse.Status) {
	status = fs.locked("read", fs.inode(in.NodeId), func() fuse.Status {
		data := fs.live.Nodes[in.NodeId].Data
		from := min(in.Offset, uint64(len(data)))
		to := min(from+uint64(len(buf)), uint64(len(data)))
		result = fuse.ReadResultData(buf[:copy(buf, data[from:to])])
		return fuse.OK
	})
	return result, status
}

func (fs *filesystem) Write(_ <-chan struct{}, in *fuse.WriteIn, data []byte) (uint32, fuse.Status) {
	status := fs.locked(opWrite, fs.inode(in.NodeId), func() fuse.Status {
		n := fs.live.Nodes[in.NodeId]
		fs.append(operation{
			Kind: opWrite, Ino: n.Ino, Path: fs.live.path(n.Ino), Offset: int64(in.Offset), Data: slices.Clone(data),
		})
		n.write(int64(in.Offset), data)
		n.Mtime = time.Now().UnixNano()
		n.Ctime = n.Mtime
		return fuse.OK
	})
	if status != fuse.OK {
		return 0, status
	}
	// The kernel may hand O_DSYNC on instead of asking for a sync of its own.
	if in.Flags&syscall.O_DSYNC != 0 {
		if status := fs.sync(opFdatasync, in.NodeId); status != fuse.OK {
			return 0, status
		}
	}
	return uint32(len(data)), fuse.OK
}

func (fs *filesystem) truncate(n *node, size int64) {
	fs.append(operation{Kind: opTruncate, Ino: n.Ino, Path: fs.live.path(n.Ino), Size: size})
	n.resize(size)
	n.Mtime = time.Now().UnixNano()
	n.Ctime = n.Mtime
}

func (fs *filesystem) Fallocate(_ <-chan struct{}, in *fuse.FallocateIn) fuse.Status {
	if in.Mode != 0 {
		return fuse.Status(syscall.EOPNOTSUPP)
	}
	return fs.locked(opTruncate, fs.inode(in.NodeId), func() fuse.Status {
		n := fs.live.Nodes[in.NodeId]
		if size := int64(in.Offset + in.Length); size > int64(len(n.Data)) {
			fs.truncate(n, size)
		}
		return fuse.OK
	})
}

func (fs *filesystem) Fsync(_ <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	kind := opFsync
	if in.FsyncFlags&1 != 0 {
		kind = opFdatasync
	}
	return fs.sync(kind, in.NodeId)
}

func (fs *filesystem) FsyncDir(_ <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	return fs.sync(opSyncDir, in.NodeId)
}

// sync covers what was done before it began, however long its faults take.
func (fs *filesystem) sync(kind string, ino uint64) fuse.Status {
	op := operation{Kind: kind, Ino: ino}
	fs.mu.Lock()
	op.Upto, op.Path = len(fs.record.Log), fs.live.path(ino)
	fs.mu.Unlock()
	fault := fs.faults.pass(kind, op.Path)
	return fs.powered(func() fuse.Status {
		op.Failed = fault != fuse.OK
		fs.append(op)
		return fault
	})
}

func (fs *filesystem) Flush(_ <-chan struct{}, _ *fuse.FlushIn) fuse.Status { return fuse.OK }

// attributes

func fill(n *node, out *fuse.Attr) {
	*out = fuse.Attr{
		Ino: n.Ino, Size: uint64(len(n.Data)), Blocks: (uint64(len(n.Data)) + sectorSize - 1) / sectorSize,
		Mode: n.Mode, Nlink: uint32(len(n.names)), Owner: fuse.Owner{Uid: n.Uid, Gid: n.Gid}, Blksize: pageSize,
	}
	if n.isDir() {
		out.Size, out.Nlink = pageSize, 1 // 1: "subfolders are not counted", as btrfs has it
	}
	if n.Mode&syscall.S_IFMT == syscall.S_IFLNK {
		out.Size = uint64(len(n.Target))
	}
	atime, mtime, ctime := time.Unix(0, n.Atime), time.Unix(0, n.Mtime), time.Unix(0, n.Ctime)
	out.SetTimes(&atime, &mtime, &ctime)
}

func (fs *filesystem) GetAttr(_ <-chan struct{}, in *fuse.GetAttrIn, out *fuse.AttrOut) fuse.Status {
	return fs.locked("getattr", fs.inode(in.NodeId), func() fuse.Status {
		fill(fs.live.Nodes[in.NodeId], &out.Attr)
		out.SetTimeout(cacheFor)
		return fuse.OK
	})
}

func (fs *filesystem) SetAttr(_ <-chan struct{}, in *fuse.SetAttrIn, out *fuse.AttrOut) fuse.Status {
	kind := opSetattr
	size, resized := in.GetSize()
	if resized {
		kind = opTruncate
	}
	return fs.locked(kind, fs.inode(in.NodeId), func() fuse.Status {
		n := fs.live.Nodes[in.NodeId]
		if resized {
			fs.truncate(n, int64(size))
		}
		if changed := attributesOf(in); *changed != (attributes{}) {
			fs.append(operation{Kind: opSetattr, Ino: n.Ino, Path: fs.live.path(n.Ino), Attr: changed})
			n.set(changed)
			n.Ctime = time.Now().UnixNano()
		}
		fill(n, &out.Attr)
		out.SetTimeout(cacheFor)
		return fuse.OK
	})
}

func attributesOf(in *fuse.SetAttrIn) *attributes {
	a := &attributes{}
	if mode, ok := in.GetMode(); ok {
		a.Mode = &mode
	}
	if uid, ok := in.GetUID(); ok {
		a.Uid = &uid
	}
	if gid, ok := in.GetGID(); ok {
		a.Gid = &gid
	}
	if atime, ok := in.GetATime(); ok {
		ns := atime.UnixNano()
		a.Atime = &ns
	}
	if mtime, ok := in.GetMTime(); ok {
		ns := mtime.UnixNano()
		a.Mtime = &ns
	}
	return a
}
