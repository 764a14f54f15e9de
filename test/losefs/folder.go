package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// load reads a folder of the real file system into a tree.
func load(folder string) (*tree, error) {
	root, err := loadNode(folder)
	if err != nil {
		return nil, err
	}
	if !root.isDir() {
		return nil, fmt.Errorf("%s is no folder", folder)
	}
	root.Entries = map[string]uint64{}
	t := newTree(root)
	return t, t.loadEntries(root, folder, map[uint64]uint64{})
}

// loadEntries keeps hard links: known maps inode numbers of the real file system to ours.
func (t *tree) loadEntries(dir *node, folder string, known map[uint64]uint64) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		n, err := loadNode(path)
		if err != nil {
			return err
		}
		real := n.Ino
		if ino, ok := known[real]; ok && !n.isDir() {
			t.assign(name{dir.Ino, entry.Name(), ino}, dir.Mtime)
			continue
		}
		t.add(n)
		known[real] = n.Ino
		mtime := dir.Mtime
		t.assign(name{dir.Ino, entry.Name(), n.Ino}, mtime)
		if n.isDir() {
			if err := t.loadEntries(n, path, known); err != nil {
				return err
			}
		}
	}
	return nil
}

func loadNode(path string) (*node, error) {
	var st syscall.Stat_t
	if err := syscall.Lstat(path, &st); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	n := &node{Ino: st.Ino, Mode: st.Mode, Uid: st.Uid, Gid: st.Gid}
	n.Atime, n.Mtime, n.Ctime = st.Atim.Nano(), st.Mtim.Nano(), st.Ctim.Nano()
	var err error
	switch st.Mode & syscall.S_IFMT {
	case syscall.S_IFREG:
		n.Data, err = os.ReadFile(path)
	case syscall.S_IFLNK:
		n.Target, err = os.Readlink(path)
	case syscall.S_IFDIR:
	default:
		err = fmt.Errorf("%s: only files, folders and symbolic links are supported", path)
	}
	return n, err
}

// replace makes folder hold what the tree holds, and nothing else.
func replace(t *tree, folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := os.RemoveAll(filepath.Join(folder, entry.Name())); err != nil {
			return err
		}
	}
	return (&storing{t, map[uint64]string{}}).dir(t.Nodes[rootIno], folder)
}

type storing struct {
	tree *tree
	done map[uint64]string // where each node was stored
}

func (s *storing) dir(dir *node, folder string) error {
	for _, entry := range slices.Sorted(maps.Keys(dir.Entries)) {
		n := s.tree.Nodes[dir.Entries[entry]]
		if err := s.node(n, filepath.Join(folder, entry)); err != nil {
			return err
		}
	}
	return setAttributes(dir, folder)
}

func (s *storing) node(n *node, path string) error {
	earlier, stored := s.done[n.Ino]
	s.done[n.Ino] = path
	switch {
	case n.isDir() && stored:
		// Half of a move survived and gave it two names: a check of the disk keeps one.
		s.done[n.Ino] = earlier
		return nil
	case n.isDir():
		if err := os.Mkdir(path, 0o700); err != nil {
			return err
		}
		return s.dir(n, path)
	case stored:
		return os.Link(earlier, path)
	case n.Mode&syscall.S_IFMT == syscall.S_IFLNK:
		return os.Symlink(n.Target, path)
	default:
		if err := os.WriteFile(path, n.Data, 0o600); err != nil {
			return err
		}
		return setAttributes(n, path)
	}
}

func setAttributes(n *node, path string) error {
	if err := os.Lchown(path, int(n.Uid), int(n.Gid)); err != nil {
		return err
	}
	if err := syscall.Chmod(path, n.Mode&0o7777); err != nil {
		return err
	}
	return os.Chtimes(path, time.Unix(0, n.Atime), time.Unix(0, n.Mtime))
}
