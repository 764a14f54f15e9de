// Schedules entries with robfig/cron, as the system does that docs/coming-from-peekaping.md tells of: `@every Ns`.
//
//	robfig-cron ENTRIES REST SECONDS
//
// Prints what bench/schedule.mjs reads: one line of JSON. A resync takes every entry out and puts it in again, which
// sorts all of them each time: it is ended after half a minute, and what it would have taken is reckoned from that.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/robfig/cron/v3"
)

const resyncAtMost = 30 * time.Second

func cpuSeconds() float64 {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	of := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return of(usage.Utime) + of(usage.Stime)
}

func rssMb() float64 {
	text, _ := os.ReadFile("/proc/self/statm")
	pages, _ := strconv.Atoi(strings.Fields(string(text))[1])
	return float64(pages*os.Getpagesize()) / (1 << 20)
}

type entry struct {
	id     cron.EntryID
	period int64 // milliseconds
	ticks  int64
}

type tick struct{ planned, at int64 } // milliseconds since the Unix epoch

type board struct {
	lock  sync.Mutex
	base  int64 // milliseconds: the whole second in which the scheduler began, from which its entries count
	ticks []tick
}

func (board *board) ticked(entry *entry) {
	now := time.Now().UnixMilli()
	board.lock.Lock()
	defer board.lock.Unlock()
	entry.ticks++
	board.ticks = append(board.ticks, tick{board.base + entry.ticks*entry.period, now})
}

// within answers the lateness of the ticks that were planned after `from` and up to `to`.
func (board *board) within(from, to int64) []float64 {
	board.lock.Lock()
	defer board.lock.Unlock()
	late := []float64{}
	for _, each := range board.ticks {
		if each.planned > from && each.planned <= to {
			late = append(late, float64(each.at-each.planned))
		}
	}
	sort.Float64s(late)
	return late
}

func main() {
	count, _ := strconv.Atoi(os.Args[1])
	rest, _ := strconv.Atoi(os.Args[2])
	seconds, _ := strconv.Atoi(os.Args[3])
	scheduler := cron.New()
	board := &board{}
	entries := make([]entry, count)
	add := func(n int) {
		entries[n].id, _ = scheduler.AddFunc(fmt.Sprintf("@every %ds", 20+n%101), func() { board.ticked(&entries[n]) })
	}
	began := time.Now()
	for n := range entries {
		entries[n].period = int64(20+n%101) * 1000
		add(n)
	}
	load := time.Since(began)
	// In the middle of a second: it reads the clock once, soon after this.
	time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(1200 * time.Millisecond)))
	board.base = time.Now().Truncate(time.Second).UnixMilli()
	scheduler.Start()
	time.Sleep(time.Duration(rest) * time.Second)

	from, before := time.Now().UnixMilli(), cpuSeconds()
	to := from + int64(seconds)*1000
	time.Sleep(time.Duration(seconds) * time.Second)
	cpu := cpuSeconds() - before
	time.Sleep(1500 * time.Millisecond) // the last ticks may be late
	late, rss := board.within(from, to), rssMb()

	began, before = time.Now(), cpuSeconds()
	done := 0
	for ; done < count && time.Since(began) < resyncAtMost; done++ {
		scheduler.Remove(entries[done].id)
		add(done)
	}
	share := float64(done) / float64(count)
	at := func(share float64) float64 { return late[max(0, int(float64(len(late))*share)-1)] }
	_ = json.NewEncoder(os.Stdout).Encode(map[string]any{
		"window": map[string]any{"from": from, "to": to}, "base": board.base, "ticks": len(late),
		"late": map[string]any{"p50": at(0.5), "p99": at(0.99), "max": at(1)},
		"load": load.Seconds(), "cpu": cpu, "rss": rss,
		"resync": time.Since(began).Seconds() / share, "resyncCpu": (cpuSeconds() - before) / share,
		"isWhole": done == count,
	})
	os.Exit(0)
}
