package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fuse"
)

type mountOptions struct {
	Folder string `json:"folder"` // the disk
	At     string `json:"at"`     // an empty folder
	Ext4   bool   `json:"ext4"`

	SplitMoves bool `json:"splitMoves"`
}

type mounted struct {
	*filesystem
	options mountOptions
	served  chan struct{}
}

func mount(options mountOptions) (*mounted, error) {
	base, err := load(options.Folder)
	if err != nil {
		return nil, err
	}
	m := &mounted{newFilesystem(base, options), options, make(chan struct{})}
	fuseServer, err := fuse.NewServer(m.filesystem, options.At, &fuse.MountOptions{
		Name: "losefs", FsName: "losefs", AllowOther: true, Options: []string{"default_permissions"},
		DirectMountStrict: true, DisableXAttrs: true, DisableReadDirPlus: true, ExplicitDataCacheControl: true,
		MaxWrite: 1 << 20,
	})
	if err != nil {
		return nil, fmt.Errorf("mount at %s: %w (losefs needs /dev/fuse and the right to mount)", options.At, err)
	}
	go func() {
		fuseServer.Serve()
		close(m.served)
	}()
	if err := fuseServer.WaitMount(); err != nil {
		m.cut()
		return nil, err
	}
	return m, nil
}

// freeze lets no request through from now on, and returns the moment.
func (m *mounted) freeze() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.frozen = true
	return len(m.record.Log)
}

// cut ends the file system as a power cut does: processes that wait for it get an error at once. It returns the moment.
func (m *mounted) cut() int {
	moment := m.freeze()
	// MNT_FORCE aborts the connection, even while requests are open; MNT_DETACH takes the mount point away.
	if err := syscall.Unmount(m.options.At, syscall.MNT_FORCE|syscall.MNT_DETACH); err != nil {
		fmt.Fprintln(os.Stderr, "losefs: unmount:", err)
	}
	m.mu.Lock()
	m.ended = true
	m.thawed.Broadcast()
	m.mu.Unlock()
	m.faults.clear()
	<-m.served
	return moment
}

// unmount ends it in good order: nothing is lost.
func (m *mounted) unmount() error {
	if err := syscall.Unmount(m.options.At, 0); err != nil {
		return fmt.Errorf("unmount: %w", err)
	}
	<-m.served
	return replace(m.live, m.options.Folder)
}

// empty makes the folder if need be, and refuses one that holds anything.
func empty(folder string) error {
	if !filepath.IsAbs(folder) {
		return fmt.Errorf("%q is no absolute path", folder)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(folder)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%s is not empty", folder)
	}
	return err
}
