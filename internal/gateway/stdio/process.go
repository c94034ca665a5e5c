package stdio

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// Of a process.
const (
	writeTime = 30 * time.Second // to take one message
	drainTime = time.Second      // for what a process wrote before it ended
	maxNote   = 512              // bytes of one line of its standard error that are logged
	noteEvery = time.Minute      // in which maxNotes lines are logged
	maxNotes  = 100
)

// inherited are the variables that a process gets of the gateway's own environment. Everything else there, secrets above all, is not its business.
var inherited = []string{"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "SYSTEMROOT"}

// errEnded is why a process that ended gives no answer, errOver why it cannot be asked.
var (
	errEnded = errors.New("the server's process has ended")
	errOver  = fmt.Errorf("%w before the message came", errEnded)
)

// process is a running server, which says one JSON document a line.
type process struct {
	cmd   *exec.Cmd
	stop  time.Duration
	gone  chan struct{} // closed when the process has ended and all it said has been taken
	write sync.Mutex
	in    *os.File
	once  sync.Once
}

// environment gives what a process gets to see, with what is in files read now.
func (o *Options) environment() ([]string, error) {
	var env []string
	for _, name := range inherited {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	for name, value := range o.Env {
		env = append(env, name+"="+value)
	}
	for name, path := range o.EnvFiles {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("variable %s: %w", name, err)
		}
		if bytes.IndexByte(text, 0) >= 0 {
			return nil, fmt.Errorf("variable %s: %s holds a NUL", name, path)
		}
		env = append(env, name+"="+strings.TrimRight(string(text), "\r\n"))
	}
	return env, nil
}

// start begins a process. say gets each line of its standard output, without the end; an error of it ends the process.
func start(o *Options, say func(line []byte) error) (*process, error) {
	env, err := o.environment()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(o.Command[0], o.Command[1:]...) //nolint:gosec // the configuration names it
	cmd.Env, cmd.Dir = env, o.Directory
	group(cmd)
	ends, err := pipes(3)
	if err != nil {
		return nil, err
	}
	in, out, notes := ends[0], ends[1], ends[2]
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in.r, out.w, notes.w
	err = cmd.Start()
	for _, f := range []*os.File{in.r, out.w, notes.w} {
		_ = f.Close() // the process has its own
	}
	if err != nil {
		for _, f := range []*os.File{in.w, out.r, notes.r} {
			_ = f.Close() // nothing was said
		}
		return nil, err
	}
	p := &process{cmd: cmd, stop: o.Stop, gone: make(chan struct{}), in: in.w}
	read := make(chan struct{})
	go func() {
		defer close(read)
		if err := lines(out.r, o.MaxMessage, say); err != nil {
			o.Log.Warn("what a server says cannot be read; its process is ended", "target", o.Target, "error", err)
		}
		p.end()
	}()
	go o.notes(notes.r)
	go func() {
		err := cmd.Wait()
		kill(cmd) // what it started
		select {
		case <-read:
		case <-time.After(drainTime): // something that left its group holds the other end
		}
		_ = out.r.Close() // ends the reading at last
		<-read
		_ = notes.r.Close()
		p.once.Do(func() { _ = p.in.Close() }) // nobody is left to be asked to end
		o.Log.Debug("a server's process ended", "target", o.Target, "error", err)
		close(p.gone)
	}()
	return p, nil
}

type pipe struct{ r, w *os.File }

func pipes(n int) ([]pipe, error) {
	made := make([]pipe, n)
	for i := range made {
		r, w, err := os.Pipe()
		if err != nil {
			for _, p := range made[:i] {
				_, _ = p.r.Close(), p.w.Close()
			}
			return nil, err
		}
		made[i] = pipe{r, w}
	}
	return made, nil
}

// send writes one message. A process that does not take it in time is ended, as nobody knows how much of it was taken.
func (p *process) send(message []byte) error {
	p.write.Lock()
	defer p.write.Unlock()
	_ = p.in.SetWriteDeadline(time.Now().Add(writeTime)) // pipes have deadlines
	if _, err := p.in.Write(message); err != nil {
		p.end()
		return fmt.Errorf("%w: %w", errOver, err)
	}
	return nil
}

// end asks the process and those that it started to end, and ends them after a while.
func (p *process) end() {
	p.once.Do(func() {
		_ = p.in.Close() // the end that the protocol knows
		terminate(p.cmd)
		timer := time.AfterFunc(p.stop, func() { kill(p.cmd) })
		go func() {
			<-p.gone
			timer.Stop()
		}()
	})
}

// lines gives the lines of r until its end.
func lines(r io.Reader, limit int, say func([]byte) error) error {
	b := bufio.NewReaderSize(r, 32<<10)
	var line []byte
	for {
		part, err := b.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > limit+1 {
			return fmt.Errorf("limits.answer: a message has more than %d bytes", limit)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if text := bytes.TrimRight(line, "\r\n"); len(text) > 0 {
			if err := say(text); err != nil {
				return err
			}
		}
		if err != nil {
			return nil //nolint:nilerr // the process says no more
		}
		line = nil // what was said may be kept
	}
}

// notes logs what a server writes to its standard error: not all of a flood, and of each line its beginning.
func (o *Options) notes(r io.Reader) {
	b := bufio.NewReaderSize(r, maxNote)
	var began time.Time
	logged := 0
	for {
		line, more, err := b.ReadLine()
		if err != nil {
			return
		}
		text := string(line)
		for more && err == nil {
			_, more, err = b.ReadLine()
		}
		if now := time.Now(); now.Sub(began) > noteEvery {
			began, logged = now, 0
		}
		logged++
		switch {
		case logged < maxNotes:
			o.Log.Info("a server notes", "target", o.Target, "text", text)
		case logged == maxNotes:
			o.Log.Warn("a server notes too much; the rest of it is dropped for a while", "target", o.Target)
		}
	}
}
