package main

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// server carries out the commands. The recording of the last mount stays after its end.
type server struct {
	mounted *mounted
	record  *recording
}

var commands = map[string]func(s *server, with json.RawMessage) (any, error){
	"mount":       takes((*server).mount),
	"unmount":     takes((*server).unmount),
	"freeze":      takes((*server).freeze),
	"crash":       takes((*server).crash),
	"fault":       takes((*server).fault),
	"fault-count": takes((*server).faultCount),
	"remove":      takes((*server).removeFault),
	"clear":       takes((*server).clearFaults),
	"mark":        takes((*server).mark),
	"log":         takes((*server).log),
	"materialise": takes((*server).materialise),
	"save":        takes((*server).save),
	"load":        takes((*server).load),
}

func takes[P any](do func(*server, P) (any, error)) func(*server, json.RawMessage) (any, error) {
	return func(s *server, with json.RawMessage) (any, error) {
		var parameters P
		if len(with) > 0 {
			decoder := json.NewDecoder(bytes.NewReader(with))
			decoder.DisallowUnknownFields()
			if err := decoder.Decode(&parameters); err != nil {
				return nil, err
			}
		}
		return do(s, parameters)
	}
}

func (s *server) do(command string, with json.RawMessage) (any, error) {
	run, ok := commands[command]
	if !ok {
		return nil, fmt.Errorf("%q is no command", command)
	}
	return run(s, with)
}

// abandon leaves nothing mounted and the disk as it was at mount.
func (s *server) abandon() {
	if s.mounted != nil {
		s.mounted.cut()
		s.mounted = nil
	}
}

type nothing struct{}

var (
	errNotMounted = errors.New("nothing is mounted")
	errNoLog      = errors.New("nothing was recorded yet")
)

func (s *server) mount(options mountOptions) (any, error) {
	if s.mounted != nil {
		return nil, errors.New("it is mounted already")
	}
	m, err := mount(options)
	if err != nil {
		return nil, err
	}
	s.mounted, s.record = m, m.record
	return nothing{}, nil
}

func (s *server) unmount(nothing) (any, error) {
	if s.mounted == nil {
		return nil, errNotMounted
	}
	if err := s.mounted.unmount(); err != nil {
		return nil, err
	}
	s.mounted = nil
	return nothing{}, nil
}

func (s *server) freeze(nothing) (any, error) {
	if s.mounted == nil {
		return nil, errNotMounted
	}
	return s.mounted.freeze(), nil
}

// crash cuts the power now, and leaves on the disk what survived.
func (s *server) crash(with struct {
	Seed uint64 `json:"seed"`
	Keep string `json:"keep"`
}) (any, error) {
	if s.mounted == nil {
		return nil, errNotMounted
	}
	m := s.mounted
	s.mounted = nil
	moment := m.cut()
	state, result, err := m.record.build(choice{Moment: moment, Seed: with.Seed, Keep: with.Keep})
	if err != nil {
		return nil, err
	}
	return result, replace(state, m.options.Folder)
}

func (s *server) fault(r rule) (any, error) {
	if s.mounted == nil {
		return nil, errNotMounted
	}
	return s.mounted.faults.add(&r)
}

type faultID struct {
	Fault int `json:"fault"`
}

func (s *server) faultCount(with faultID) (any, error) {
	if s.mounted == nil {
		return nil, errNotMounted
	}
	return s.mounted.faults.struck(with.Fault)
}

func (s *server) removeFault(with faultID) (any, error) {
	if s.mounted == nil {
		return nil, errNotMounted
	}
	return s.mounted.faults.remove(with.Fault)
}

func (s *server) clearFaults(nothing) (any, error) {
	if s.mounted == nil {
		return nil, errNotMounted
	}
	s.mounted.faults.clear()
	return nothing{}, nil
}

// recorded runs read while no request changes the log.
func (s *server) recorded(read func(*recording) error) error {
	if s.record == nil {
		return errNoLog
	}
	if s.mounted != nil {
		s.mounted.mu.Lock()
		defer s.mounted.mu.Unlock()
	}
	return read(s.record)
}

// mark puts a value into the log, such as an acknowledgement that a client received. Its answer is the first moment at
// which the mark had been made.
func (s *server) mark(with struct {
	Value json.RawMessage `json:"value"`
}) (any, error) {
	if s.mounted == nil {
		return nil, errNotMounted
	}
	m := s.mounted
	m.mu.Lock()
	defer m.mu.Unlock()
	m.append(operation{Kind: opMark, Mark: with.Value})
	return len(m.record.Log), nil
}

// logEntry is an operation without its data; moment is the first at which it had been done.
type logEntry struct {
	Moment int             `json:"moment"`
	Kind   string          `json:"kind"`
	Path   string          `json:"path,omitempty"`
	To     string          `json:"to,omitempty"`
	Offset int64           `json:"offset,omitempty"`
	Length int             `json:"length,omitempty"`
	Size   int64           `json:"size,omitempty"`
	Failed bool            `json:"failed,omitempty"`
	Mark   json.RawMessage `json:"mark,omitempty"`
}

func (s *server) log(with struct {
	Kinds []string `json:"kinds"` // empty: all
}) (any, error) {
	wanted := map[string]bool{}
	for _, kind := range with.Kinds {
		wanted[kind] = true
	}
	entries := []logEntry{}
	err := s.recorded(func(r *recording) error {
		for i := range r.Log {
			op := &r.Log[i]
			if len(wanted) > 0 && !wanted[op.Kind] {
				continue
			}
			entries = append(entries, logEntry{
				Moment: i + 1, Kind: op.Kind, Path: op.Path, To: op.To, Offset: op.Offset, Length: len(op.Data),
				Size: op.Size, Failed: op.Failed, Mark: op.Mark,
			})
		}
		return nil
	})
	return entries, err
}

// materialise writes the state that a power cut at an earlier moment would have left.
func (s *server) materialise(with struct {
	choice
	Into string `json:"into"` // a new or an empty folder
}) (any, error) {
	if err := empty(with.Into); err != nil {
		return nil, err
	}
	var result outcome
	var state *tree
	err := s.recorded(func(r *recording) (err error) {
		state, result, err = r.build(with.choice)
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, replace(state, with.Into)
}

type fileName struct {
	File string `json:"file"`
}

// save writes the recording to a file, from which another process can materialise.
func (s *server) save(with fileName) (any, error) {
	return nothing{}, s.recorded(func(r *recording) error {
		file, err := os.Create(with.File)
		if err != nil {
			return err
		}
		return errors.Join(gob.NewEncoder(file).Encode(r), file.Close())
	})
}

func (s *server) load(with fileName) (any, error) {
	if s.mounted != nil {
		return nil, errors.New("unmount or crash before a recording is loaded")
	}
	file, err := os.Open(with.File)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var r recording
	if err := gob.NewDecoder(file).Decode(&r); err != nil {
		return nil, err
	}
	s.record = &r
	return len(r.Log), nil
}
