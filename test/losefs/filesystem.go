package main

import (
	"maps"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// Only the kernel changes the file system, so what it remembers stays right.
const cacheFor = time.Hour

// filesystem serves the live tree to the kernel and logs each change. mu orders the log; no fault is waited for under it.
type filesystem struct {
	fuse.RawFileSystem
	faults *faults

	mu      sync.Mutex
	thawed  *sync.Cond
	frozen  bool // each request waits
	ended   bool // the power is cut
	live    *tree
	record  *recording
	handles map[uint64][]fuse.DirEntry // open folders
	handle  uint64
}

func newFilesystem(base *tree, options mountOptions) *filesystem {
	fs := &filesystem{
		RawFileSystem: fuse.NewDefaultRawFileSystem(),
		faults:        newFaults(),
		live:          base.clone(),
		record:        &recording{Base: base, Ext4: options.Ext4, SplitMoves: options.SplitMoves},
		handles:       map[uint64][]fuse.DirEntry{},
	}
	fs.thawed = sync.NewCond(&fs.mu)
	return fs
}

func (fs *filesystem) String() string { return "losefs" }

// locked runs do under the lock, after the faults of the operation, unless the power is cut.
func (fs *filesystem) locked(operation string, target func() []string, do func() fuse.Status) fuse.Status {
	fs.mu.Lock()
	paths := target()
	fs.mu.Unlock()
	if status := fs.faults.pass(operation, paths...); status != fuse.OK {
		return status
	}
	return fs.powered(do)
}

// powered runs do under the lock as soon as requests are answered.
func (fs *filesystem) powered(do func() fuse.Status) fuse.Status {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for fs.frozen && !fs.ended {
		fs.thawed.Wait()
	}
	if fs.ended {
		return fuse.EIO
	}
	return do()
}

func (fs *filesystem) append(op operation) {
	op.Time = time.Now().UnixNano()
	fs.record.Log = append(fs.record.Log, op)
}

func (fs *filesystem) change(op operation) {
	fs.append(op)
	for _, change := range op.Names {
		fs.live.assign(change, time.Now().UnixNano())
	}
}

// targets of a fault

func (fs *filesystem) inode(ino uint64) func() []string {
	return func() []string { return []string{fs.live.path(ino)} }
}

func (fs *filesystem) entry(dir uint64, name string) func() []string {
	return func() []string { return []string{fs.live.join(dir, name)} }
}

// names

func (fs *filesystem) child(dir uint64, entry string) *node {
	return fs.live.Nodes[fs.live.Nodes[dir].Entries[entry]]
}

func (fs *filesystem) Lookup(_ <-chan struct{}, in *fuse.InHeader, entry string, out *fuse.EntryOut) fuse.Status {
	return fs.locked("lookup", fs.entry(in.NodeId, entry), func() fuse.Status {
		n := fs.child(in.NodeId, entry)
		if n == nil {
			return fuse.ENOENT
		}
		fs.enter(n, out)
		return fuse.OK
	})
}

func (fs *filesystem) Forget(ino, lookups uint64) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	n := fs.live.Nodes[ino]
	if n == nil {
		return
	}
	n.lookups -= min(lookups, n.lookups)
	fs.drop(n)
}

// drop frees a node that neither a name nor the kernel leads to.
func (fs *filesystem) drop(n *node) {
	if n.lookups == 0 && len(n.names) == 0 && n.Ino != rootIno {
		delete(fs.live.Nodes, n.Ino)
	}
}

// enter answers with a node, which the kernel holds from now on.
func (fs *filesystem) enter(n *node, out *fuse.EntryOut) {
	n.lookups++
	out.NodeId, out.Generation = n.Ino, 1
	out.SetEntryTimeout(cacheFor)
	out.SetAttrTimeout(cacheFor)
	fill(n, &out.Attr)
}

func (fs *filesystem) born(kind string, in *fuse.InHeader, entry string, n *node) (*node, fuse.Status) {
	dir := fs.live.Nodes[in.NodeId]
	if dir == nil || !dir.isDir() || dir.Ino != rootIno && len(dir.names) == 0 {
		return nil, fuse.ENOENT
	}
	if fs.child(in.NodeId, entry) != nil {
		return nil, fuse.Status(syscall.EEXIST)
	}
	now := time.Now().UnixNano()
	n.Uid, n.Gid, n.Parent = in.Uid, in.Gid, in.NodeId
	if dir.Mode&syscall.S_ISGID != 0 {
		n.Gid = dir.Gid
	}
	n.Atime, n.Mtime, n.Ctime = now, now, now
	fs.live.add(n)
	fs.change(operation{
		Kind: kind, Ino: n.Ino, Path: fs.live.join(in.NodeId, entry), Node: n.clone(),
		Names: []name{{in.NodeId, entry, n.Ino}},
	})
	return n, fuse.OK
}

func (fs *filesystem) make(kind string, in *fuse.InHeader, entry string, n *node, out *fuse.EntryOut) fuse.Status {
	return fs.locked(kind, fs.entry(in.NodeId, entry), func() fuse.Status {
		n, status := fs.born(kind, in, entry, n)
		if status == fuse.OK {
			fs.enter(n, out)
		}
		return status
	})
}

func (fs *filesystem) Mkdir(_ <-chan struct{}, in *fuse.MkdirIn, entry string, out *fuse.EntryOut) fuse.Status {
	n := &node{Mode: syscall.S_IFDIR | in.Mode&0o7777}
	return fs.make(opMkdir, &in.InHeader, entry, n, out)
}

func (fs *filesystem) Mknod(_ <-chan struct{}, in *fuse.MknodIn, entry string, out *fuse.EntryOut) fuse.Status {
	if in.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return fuse.EPERM
	}
	return fs.make(opCreate, &in.InHeader, entry, &node{Mode: in.Mode}, out)
}

func (fs *filesystem) Symlink(
	_ <-chan struct{}, in *fuse.InHeader, target, entry string, out *fuse.EntryOut,
) fuse.Status {
	return fs.make(opSymlink, in, entry, &node{Mode: syscall.S_IFLNK | 0o777, Target: target}, out)
}

func (fs *filesystem) Readlink(_ <-chan struct{}, in *fuse.InHeader) (target []byte, status fuse.Status) {
	status = fs.powered(func() fuse.Status {
		target = []byte(fs.live.Nodes[in.NodeId].Target)
		return fuse.OK
	})
	return target, status
}

func (fs *filesystem) Create(
	_ <-chan struct{}, in *fuse.CreateIn, entry string, out *fuse.CreateOut,
) fuse.Status {
	out.OpenFlags = fuse.FOPEN_KEEP_CACHE
	n := &node{Mode: syscall.S_IFREG | in.Mode&0o7777}
	return fs.make(opCreate, &in.InHeader, entry, n, &out.EntryOut)
}

func (fs *filesystem) Link(
	_ <-chan struct{}, in *fuse.LinkIn, entry string, out *fuse.EntryOut,
) fuse.Status {
	return fs.locked(opLink, fs.entry(in.NodeId, entry), func() fuse.Status {
		n := fs.live.Nodes[in.Oldnodeid]
		if n == nil || len(n.names) == 0 {
			return fuse.ENOENT
		}
		if fs.child(in.NodeId, entry) != nil {
			return fuse.Status(syscall.EEXIST)
		}
		fs.change(operation{
			Kind: opLink, Ino: n.Ino, Path: fs.live.path(n.Ino), To: fs.live.join(in.NodeId, entry),
			Names: []name{{in.NodeId, entry, n.Ino}},
		})
		fs.enter(n, out)
		return fuse.OK
	})
}

func (fs *filesystem) remove(kind string, in *fuse.InHeader, entry string) fuse.Status {
	return fs.locked(kind, fs.entry(in.NodeId, entry), func() fuse.Status {
		n := fs.child(in.NodeId, entry)
		switch {
		case n == nil:
			return fuse.ENOENT
		case kind == opUnlink && n.isDir():
			return fuse.Status(syscall.EISDIR)
		case kind == opRmdir && !n.isDir():
			return fuse.ENOTDIR
		case len(n.Entries) > 0:
			return fuse.Status(syscall.ENOTEMPTY)
		}
		fs.change(operation{
			Kind: kind, Ino: n.Ino, Path: fs.live.join(in.NodeId, entry), Names: []name{{in.NodeId, entry, 0}},
		})
		fs.drop(n)
		return fuse.OK
	})
}

func (fs *filesystem) Unlink(_ <-chan struct{}, in *fuse.InHeader, entry string) fuse.Status {
	return fs.remove(opUnlink, in, entry)
}

func (fs *filesystem) Rmdir(_ <-chan struct{}, in *fuse.InHeader, entry string) fuse.Status {
	return fs.remove(opRmdir, in, entry)
}

func (fs *filesystem) Rename(_ <-chan struct{}, in *fuse.RenameIn, from, to string) fuse.Status {
	target := func() []string {
		return []string{fs.live.join(in.NodeId, from), fs.live.join(in.Newdir, to)}
	}
	return fs.locked(opRename, target, func() fuse.Status {
		n, old := fs.child(in.NodeId, from), fs.child(in.Newdir, to)
		switch {
		case n == nil:
			return fuse.ENOENT
		case in.Flags&^unixRenameNoReplace != 0:
			return fuse.EINVAL
		case old != nil && in.Flags != 0:
			return fuse.Status(syscall.EEXIST)
		case old == n:
			return fuse.OK
		case old != nil && len(old.Entries) > 0:
			return fuse.Status(syscall.ENOTEMPTY)
		}
		fs.change(operation{
			Kind: opRename, Ino: n.Ino, Path: fs.live.join(in.NodeId, from), To: fs.live.join(in.Newdir, to),
			Names: []name{{in.Newdir, to, n.Ino}, {in.NodeId, from, 0}},
		})
		if old != nil {
			fs.drop(old)
		}
		return fuse.OK
	})
}

const unixRenameNoReplace = 1

// folders

func (fs *filesystem) OpenDir(_ <-chan struct{}, in *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	return fs.locked("opendir", fs.inode(in.NodeId), func() fuse.Status {
		dir := fs.live.Nodes[in.NodeId]
		entries := []fuse.DirEntry{
			{Name: ".", Mode: syscall.S_IFDIR, Ino: dir.Ino}, {Name: "..", Mode: syscall.S_IFDIR, Ino: dir.Parent},
		}
		for _, entry := range slices.Sorted(maps.Keys(dir.Entries)) {
			n := fs.live.Nodes[dir.Entries[entry]]
			entries = append(entries, fuse.DirEntry{Name: entry, Mode: n.Mode, Ino: n.Ino})
		}
		fs.handle++
		fs.handles[fs.handle] = entries
		out.Fh = fs.handle
		return fuse.OK
	})
}

func (fs *filesystem) ReadDir(_ <-chan struct{}, in *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	return fs.powered(func() fuse.Status {
		entries := fs.handles[in.Fh]
		for i := int(in.Offset); i < len(entries); i++ {
			entry := entries[i]
			entry.Off = uint64(i + 1)
			if !out.AddDirEntry(entry) {
				break
			}
		}
		return fuse.OK
	})
}

func (fs *filesystem) ReleaseDir(in *fuse.ReleaseIn) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	delete(fs.handles, in.Fh)
}

func (fs *filesystem) StatFs(_ <-chan struct{}, _ *fuse.InHeader, out *fuse.StatfsOut) fuse.Status {
	return fs.powered(func() fuse.Status {
		*out = fuse.StatfsOut{Blocks: 1 << 24, Files: 1 << 24, Bsize: pageSize, Frsize: pageSize, NameLen: 255}
		if !fs.faults.full() {
			out.Bfree, out.Bavail, out.Ffree = 1<<23, 1<<23, 1<<23
		}
		return fuse.OK
	})
}
