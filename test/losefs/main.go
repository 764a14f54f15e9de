// losefs is a file system that remembers what is durable, so that tests can cut its power.
//
//	losefs check     mounts one for a moment, or says why that is not possible
//	losefs serve     takes commands, one JSON line each on standard input, until that ends
//
// Command: {"id": 1, "do": "crash", "with": {"seed": 7}}. Answer: {"id": 1, "answer": ...} or {"id": 1, "error": "..."}.
//
// The file system lives in memory. The folder that it was mounted over is its disk: it is read at mount, and a crash
// leaves there what survived.
//
// Durable is what was there at mount; the data and size of a file after fsync or fdatasync of it; its mode, owner and
// times after fsync; a name after fsync of its folder, of a move between folders after fsync of either. With the option
// ext4, an fsync of a new file also makes its first name durable, with the new folders on the way to it. With splitMoves
// each half of a move between folders is kept or lost with its own folder, as by a file system without a journal.
// Nothing else is ever written back: sync(2), close and the passing of time make nothing durable.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

type request struct {
	ID   int             `json:"id"`
	Do   string          `json:"do"`
	With json.RawMessage `json:"with"`
}

type answer struct {
	ID     int    `json:"id"`
	Answer any    `json:"answer"`
	Error  string `json:"error,omitempty"`
}

func main() {
	command := ""
	if len(os.Args) == 2 {
		command = os.Args[1]
	}
	switch command {
	case "check":
		if err := check(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	case "serve":
		serve()
	default:
		fmt.Fprintln(os.Stderr, "usage: losefs check | losefs serve")
		os.Exit(2)
	}
}

// serve ends with standard input, or by a signal, and leaves nothing mounted.
func serve() {
	s := &server{}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	lines := make(chan []byte)
	go func() {
		defer close(lines)
		in := bufio.NewReaderSize(os.Stdin, 1<<20)
		for {
			line, err := in.ReadBytes('\n')
			if err != nil {
				return
			}
			lines <- line
		}
	}()
	for {
		select {
		case line, more := <-lines:
			if !more {
				s.abandon()
				return
			}
			s.answer(line)
		case <-ended:
			s.abandon()
			return
		}
	}
}

func (s *server) answer(line []byte) {
	var asked request
	said := answer{}
	if err := json.Unmarshal(line, &asked); err != nil {
		said.Error = err.Error()
	} else if said.Answer, err = s.do(asked.Do, asked.With); err != nil {
		said.Answer, said.Error = nil, err.Error()
	}
	said.ID = asked.ID
	text, err := json.Marshal(said)
	if err == nil {
		_, err = os.Stdout.Write(append(text, '\n'))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "losefs:", err)
		s.abandon()
		os.Exit(1)
	}
}

// check mounts a file system, writes a file through it and unmounts it.
func check() error {
	folder, err := os.MkdirTemp("", "losefs-check-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	disk, at := filepath.Join(folder, "disk"), filepath.Join(folder, "at")
	for _, path := range []string{disk, at} {
		if err := os.Mkdir(path, 0o700); err != nil {
			return err
		}
	}
	m, err := mount(mountOptions{Folder: disk, At: at})
	if err != nil {
		return err
	}
	defer m.cut()
	return os.WriteFile(filepath.Join(at, "file"), []byte("data"), 0o600)
}
