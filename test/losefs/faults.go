package main

import (
	"fmt"
	"regexp"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"
)

var errnos = map[string]syscall.Errno{
	"EIO": syscall.EIO, "ENOSPC": syscall.ENOSPC, "EROFS": syscall.EROFS, "EDQUOT": syscall.EDQUOT,
	"EACCES": syscall.EACCES, "EMFILE": syscall.EMFILE,
}

// rule is one fault to inject.
type rule struct {
	Operations []string `json:"operations"`
	Path       string   `json:"path"`    // regular expression over the path below the mount point; empty: all
	Skip       int      `json:"skip"`    // so many of them pass first
	Times      int      `json:"times"`   // then it strikes so many times; 0: until it is removed
	Error      string   `json:"error"`   // EIO, ENOSPC, ...; empty: none
	DelayMs    int      `json:"delayMs"` // the operation takes this much longer
	Stall      bool     `json:"stall"`   // the operation waits until the rule is removed

	path    *regexp.Regexp
	errno   syscall.Errno
	seen    int
	struck  int
	removed chan struct{}
}

// faults are the rules of one mount. Of several that match, the oldest strikes.
type faults struct {
	mu    sync.Mutex
	next  int
	rules map[int]*rule
}

func newFaults() *faults { return &faults{next: 1, rules: map[int]*rule{}} }

func (f *faults) add(r *rule) (int, error) {
	var err error
	if r.path, err = regexp.Compile(r.Path); err != nil {
		return 0, fmt.Errorf("path: %w", err)
	}
	if r.Error != "" {
		errno, ok := errnos[r.Error]
		if !ok {
			return 0, fmt.Errorf("error %q is not supported", r.Error)
		}
		r.errno = errno
	}
	r.removed = make(chan struct{})
	f.mu.Lock()
	defer f.mu.Unlock()
	id := f.next
	f.next++
	f.rules[id] = r
	return id, nil
}

// remove ends a rule, releases what it stalls, and says how often it struck.
func (f *faults) remove(id int) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.rules[id]
	if r == nil {
		return 0, fmt.Errorf("there is no fault %d", id)
	}
	close(r.removed)
	delete(f.rules, id)
	return r.struck, nil
}

func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id, r := range f.rules {
		close(r.removed)
		delete(f.rules, id)
	}
}

func (f *faults) struck(id int) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r := f.rules[id]; r != nil {
		return r.struck, nil
	}
	return 0, fmt.Errorf("there is no fault %d", id)
}

// pass waits as long as a rule says, and returns the error that it injects.
func (f *faults) pass(operation string, paths ...string) fuse.Status {
	r := f.match(operation, paths)
	if r == nil {
		return fuse.OK
	}
	if r.DelayMs > 0 {
		select {
		case <-time.After(time.Duration(r.DelayMs) * time.Millisecond):
		case <-r.removed:
		}
	}
	if r.Stall {
		<-r.removed
	}
	return fuse.Status(r.errno)
}

func (f *faults) match(operation string, paths []string) *rule {
	f.mu.Lock()
	defer f.mu.Unlock()
	ids := make([]int, 0, len(f.rules))
	for id := range f.rules {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		if r := f.rules[id]; r.matches(operation, paths) && r.strikes() {
			return r
		}
	}
	return nil
}

func (r *rule) matches(operation string, paths []string) bool {
	return slices.Contains(r.Operations, operation) && slices.ContainsFunc(paths, r.path.MatchString)
}

func (r *rule) strikes() bool {
	r.seen++
	if r.seen <= r.Skip || r.Times > 0 && r.struck >= r.Times {
		return false
	}
	r.struck++
	return true
}

// full says whether the disk is to look full.
func (f *faults) full() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.rules {
		if r.errno == syscall.ENOSPC && (r.Times == 0 || r.struck < r.Times) {
			return true
		}
	}
	return false
}
