package main

import (
	"maps"
	"slices"
	"syscall"
)

const rootIno = 1

// node is a file, a folder or a symbolic link.
type node struct {
	Ino                 uint64
	Mode                uint32 // with the type bits
	Uid, Gid            uint32
	Atime, Mtime, Ctime int64 // nanoseconds
	Data                []byte
	Target              string            // of a symbolic link
	Entries             map[string]uint64 // of a folder
	Parent              uint64            // of a folder

	names   map[place]struct{} // where a live node is found
	lookups uint64             // how often the kernel holds a live node
}

// place is a name in a folder.
type place struct {
	dir  uint64
	name string
}

func (n *node) isDir() bool { return n.Mode&syscall.S_IFMT == syscall.S_IFDIR }

func (n *node) clone() *node {
	c := *n
	c.Data = slices.Clone(n.Data)
	c.Entries = maps.Clone(n.Entries)
	c.names = maps.Clone(n.names)
	return &c
}

// resize cuts the data, or lengthens it by zeros.
func (n *node) resize(size int64) {
	old := int64(len(n.Data))
	if size <= old {
		n.Data = n.Data[:size]
		return
	}
	if size > int64(cap(n.Data)) {
		n.Data = slices.Grow(n.Data, int(size-old))
	}
	n.Data = n.Data[:size]
	clear(n.Data[old:])
}

func (n *node) write(offset int64, data []byte) {
	if end := offset + int64(len(data)); end > int64(len(n.Data)) {
		n.resize(end)
	}
	copy(n.Data[offset:], data)
}

func (n *node) set(a *attributes) {
	if a.Mode != nil {
		n.Mode = n.Mode&syscall.S_IFMT | *a.Mode&^syscall.S_IFMT
	}
	if a.Uid != nil {
		n.Uid = *a.Uid
	}
	if a.Gid != nil {
		n.Gid = *a.Gid
	}
	if a.Atime != nil {
		n.Atime = *a.Atime
	}
	if a.Mtime != nil {
		n.Mtime = *a.Mtime
	}
}

// tree is a whole file system: the live one, or a state that a crash left.
type tree struct {
	Nodes map[uint64]*node
	Next  uint64 // the next inode number; none is used twice
}

func newTree(root *node) *tree {
	root.Ino, root.Parent = rootIno, rootIno
	return &tree{Nodes: map[uint64]*node{rootIno: root}, Next: rootIno + 1}
}

func (t *tree) clone() *tree {
	c := &tree{Nodes: make(map[uint64]*node, len(t.Nodes)), Next: t.Next}
	for ino, n := range t.Nodes {
		c.Nodes[ino] = n.clone()
	}
	return c
}

func (t *tree) add(n *node) {
	n.Ino = t.Next
	t.Next++
	if n.isDir() && n.Entries == nil {
		n.Entries = map[string]uint64{}
	}
	t.Nodes[n.Ino] = n
}

// assign changes one directory entry.
func (t *tree) assign(change name, at int64) {
	dir := t.Nodes[change.Dir]
	here := place{change.Dir, change.Name}
	if old := t.Nodes[dir.Entries[change.Name]]; old != nil {
		delete(old.names, here)
		old.Ctime = at
	}
	dir.Mtime, dir.Ctime = at, at
	if change.Ino == 0 {
		delete(dir.Entries, change.Name)
		return
	}
	dir.Entries[change.Name] = change.Ino
	n := t.Nodes[change.Ino]
	n.Ctime = at
	if n.names == nil {
		n.names = map[place]struct{}{}
	}
	n.names[here] = struct{}{}
	if n.isDir() {
		n.Parent = change.Dir
	}
}

// path of a live node, by its first name in alphabetical order; "" of one that is unlinked.
func (t *tree) path(ino uint64) string {
	if ino == rootIno {
		return "."
	}
	n := t.Nodes[ino]
	if n == nil || len(n.names) == 0 {
		return ""
	}
	paths := make([]string, 0, len(n.names))
	for p := range n.names {
		paths = append(paths, t.join(p.dir, p.name))
	}
	return slices.Min(paths)
}

func (t *tree) join(dir uint64, name string) string {
	if dir == rootIno {
		return name
	}
	return t.path(dir) + "/" + name
}
