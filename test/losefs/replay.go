package main

import (
	"fmt"
	"math/rand/v2"
)

const (
	pageSize   = 4096 // what the kernel writes back at once
	sectorSize = 512  // what a disk writes whole or not at all
)

type fate int8

const (
	volatile fate = iota // lost or kept, as chance has it
	durable
	lost // by a sync that failed
)

// piece is the least that a power cut keeps or loses as a whole: the entries that an operation changes in one folder,
// one page of a write, a size, attributes.
type piece struct {
	op     int
	owner  uint64 // the sync of this node makes it durable
	owner2 uint64 // or of this one; 0 is none
	class  class
	names  []name
	from   int64 // of a page: the bytes [from, to) of the file
	to     int64
	fate   fate
}

type class int8

const (
	classNames class = iota
	classData
	classSize
	classAttributes
	classes
)

// choice says which state to build: the log's first `moment` operations happened, then the power was cut.
type choice struct {
	Moment int    `json:"moment"`
	Seed   uint64 `json:"seed"`
	// none: all that is volatile is lost. all: nothing is. some: a random subset is kept. torn: all is kept, but the last
	// volatile write is cut at a sector. Empty: the seed chooses.
	Keep string `json:"keep"`
}

// outcome counts pieces: see piece.
type outcome struct {
	choice
	Durable int `json:"durable"`
	Kept    int `json:"kept"`
	Lost    int `json:"lost"`
}

// build makes the state that a power cut at c.Moment left. The same recording and choice always give the same state.
func (r *recording) build(c choice) (*tree, outcome, error) {
	if c.Moment < 0 || c.Moment > len(r.Log) {
		return nil, outcome{}, fmt.Errorf("moment %d: the log has the moments 0 to %d", c.Moment, len(r.Log))
	}
	random := rand.New(rand.NewPCG(c.Seed, uint64(c.Moment)))
	odds, err := chooseOdds(&c, random)
	if err != nil {
		return nil, outcome{}, err
	}
	pieces := r.cut(c.Moment)
	result := outcome{choice: c}
	state := r.Base.clone()
	r.addNodes(state, c.Moment)
	if odds.torn {
		r.tear(pieces, random)
	}
	for i := range pieces {
		p := &pieces[i]
		kept := random.Float64() < odds.keep[p.class] // drawn for each, so that one fate does not shift the others
		switch {
		case p.fate == durable:
			result.Durable++
		case p.fate == volatile && kept:
			result.Kept++
		default:
			result.Lost++
			continue
		}
		r.apply(state, p)
	}
	return state, result, nil
}

type odds struct {
	keep [classes]float64
	torn bool
}

// chooseOdds fills in c.Keep when the seed is to choose it.
func chooseOdds(c *choice, random *rand.Rand) (odds, error) {
	modes := []string{"none", "some", "some", "some", "torn"}
	drawn := modes[random.IntN(len(modes))]
	if c.Keep == "" {
		c.Keep = drawn
	}
	var o odds
	// All or nothing of a class is likely: names without their data, data without names, sizes without both.
	for i := range o.keep {
		o.keep[i] = []float64{0, 0.2, 0.5, 0.8, 1}[random.IntN(5)]
	}
	o.torn = random.IntN(2) == 0
	switch c.Keep {
	case "none":
		return odds{}, nil
	case "all", "torn":
		return odds{keep: [classes]float64{1, 1, 1, 1}, torn: c.Keep == "torn"}, nil
	case "some":
		return o, nil
	default:
		return odds{}, fmt.Errorf("keep %q: write none, some, torn or all", c.Keep)
	}
}

// cut splits the log into pieces and decides which of them are durable at the moment.
func (r *recording) cut(moment int) []piece {
	c := &cutting{ext4: r.Ext4, splitMoves: r.SplitMoves, pending: map[uint64][]int{}, birth: map[uint64]int{}}
	for i := range r.Log[:moment] {
		op := &r.Log[i]
		switch op.Kind {
		case opFsync, opFdatasync, opSyncDir:
			c.sync(r, op)
		default:
			c.split(op, i)
		}
	}
	return c.pieces
}

type cutting struct {
	ext4, splitMoves bool

	pieces  []piece
	pending map[uint64][]int // the volatile pieces of each owner, oldest first
	birth   map[uint64]int   // the piece that gave a node its first name
}

func (c *cutting) add(p piece) int {
	at := len(c.pieces)
	c.pieces = append(c.pieces, p)
	c.pending[p.owner] = append(c.pending[p.owner], at)
	if p.owner2 != 0 {
		c.pending[p.owner2] = append(c.pending[p.owner2], at)
	}
	return at
}

func (c *cutting) split(op *operation, at int) {
	switch op.Kind {
	case opWrite:
		end := op.Offset + int64(len(op.Data))
		c.add(piece{op: at, owner: op.Ino, class: classSize, to: end})
		for from := op.Offset; from < end; {
			to := min(end, (from/pageSize+1)*pageSize)
			c.add(piece{op: at, owner: op.Ino, class: classData, from: from, to: to})
			from = to
		}
	case opTruncate:
		c.add(piece{op: at, owner: op.Ino, class: classSize, to: op.Size})
	case opSetattr:
		c.add(piece{op: at, owner: op.Ino, class: classAttributes})
	default:
		c.splitNames(op, at)
	}
}

// splitNames keeps what one operation changes together. With splitMoves a move between two folders is two pieces, each
// with its own folder.
func (c *cutting) splitNames(op *operation, at int) {
	if len(op.Names) == 0 {
		return
	}
	first, second := op.Names[:1], op.Names[1:]
	switch {
	case len(second) == 0 || second[0].Dir == first[0].Dir:
		piece := c.add(piece{op: at, owner: first[0].Dir, class: classNames, names: op.Names})
		if op.Node != nil {
			c.birth[op.Ino] = piece
		}
	case !c.splitMoves:
		c.add(piece{op: at, owner: first[0].Dir, owner2: second[0].Dir, class: classNames, names: op.Names})
	default:
		c.add(piece{op: at, owner: first[0].Dir, class: classNames, names: first})
		c.add(piece{op: at, owner: second[0].Dir, class: classNames, names: second})
	}
}

func (c *cutting) sync(r *recording, op *operation) {
	if op.Failed && op.Kind == opSyncDir {
		return // names stay volatile: what is lost after a failed fsync is pages
	}
	kept := c.pending[op.Ino][:0]
	for _, i := range c.pending[op.Ino] {
		p := &c.pieces[i]
		switch {
		case p.fate != volatile: // by its other owner
		case p.op >= op.Upto || p.class == classAttributes && op.Kind == opFdatasync:
			kept = append(kept, i)
		case op.Failed:
			p.fate = lost
		default:
			p.fate = durable
		}
	}
	c.pending[op.Ino] = kept
	if c.ext4 && op.Kind != opSyncDir && !op.Failed {
		c.nameFirst(op)
	}
}

// nameFirst: ext4 makes the first name of a new file durable with the file, and the new folders on the way to it.
func (c *cutting) nameFirst(op *operation) {
	for ino := op.Ino; ; {
		at, born := c.birth[ino]
		if !born || c.pieces[at].op >= op.Upto {
			return
		}
		p := &c.pieces[at]
		if p.fate == volatile {
			p.fate = durable
		}
		ino = p.owner
	}
}

// addNodes adds all that was created, without names: what no name leads to is lost.
func (r *recording) addNodes(state *tree, moment int) {
	for i := range r.Log[:moment] {
		if born := r.Log[i].Node; born != nil {
			state.Nodes[born.Ino] = born.clone()
		}
	}
}

// tear cuts the last volatile write at a random sector.
func (r *recording) tear(pieces []piece, random *rand.Rand) {
	last := -1
	for i := range pieces {
		if pieces[i].class == classData && pieces[i].fate == volatile {
			last = pieces[i].op
		}
	}
	if last < 0 {
		return
	}
	op := &r.Log[last]
	end := op.Offset + int64(len(op.Data))
	first := op.Offset/sectorSize + 1 // the first boundary inside the write
	boundaries := (end-1)/sectorSize - first + 1
	cut := op.Offset // a write within one sector is lost as a whole
	if boundaries > 0 {
		cut = (first + random.Int64N(boundaries)) * sectorSize
	}
	for i := range pieces {
		if p := &pieces[i]; p.op == last {
			p.from, p.to = min(p.from, cut), min(p.to, cut)
		}
	}
}

func (r *recording) apply(state *tree, p *piece) {
	op := &r.Log[p.op]
	switch n := state.Nodes[op.Ino]; p.class {
	case classNames:
		for _, change := range p.names {
			state.assign(change, op.Time)
		}
	case classAttributes:
		n.set(op.Attr)
	case classSize:
		if op.Kind == opTruncate || p.to > int64(len(n.Data)) {
			n.resize(p.to)
			n.Mtime = op.Time
		}
	case classData:
		if p.from < p.to {
			n.write(p.from, op.Data[p.from-op.Offset:p.to-op.Offset])
			n.Mtime = op.Time
		}
	}
}
