// The contract on github.com/zishang520/socket.io/servers/socket/v3.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"regexp"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/zishang520/socket.io/servers/socket/v3"
	"github.com/zishang520/socket.io/v3/pkg/types"
)

func number(name string, fallback int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return fallback
}

func milliseconds(name string) time.Duration {
	return time.Duration(number(name, 2000)) * time.Millisecond
}

// ticks counts `tick` and `tick-binary` of one socket, and looks at their order.
type ticks struct {
	sync.Mutex
	count, binaries int
	ordered         bool
}

func (t *ticks) add(args []any, binary bool) {
	t.Lock()
	defer t.Unlock()
	i, ok := args[0].(float64)
	t.ordered = t.ordered && ok && int(i) == t.count
	t.count++
	if binary {
		t.binaries++
	}
}

func (t *ticks) report() map[string]any {
	t.Lock()
	defer t.Unlock()
	result := map[string]any{"count": t.count, "binaries": t.binaries, "ordered": t.ordered}
	t.count, t.binaries, t.ordered = 0, 0, true
	return result
}

// An event that asks for an acknowledgement has the answer function as its last argument.
func split(args []any) ([]any, socket.Ack) {
	if n := len(args); n > 0 {
		if ack, ok := args[n-1].(socket.Ack); ok {
			return args[:n-1], ack
		}
	}
	return args, func([]any, error) {}
}

func serve(clients ...any) {
	s := clients[0].(*socket.Socket)
	counts := &ticks{ordered: true}
	auth := s.Handshake().Auth
	if auth == nil {
		auth = map[string]any{}
	}
	s.Emit("auth", auth)
	s.On("message", func(args ...any) { s.Emit("message-back", args...) })
	s.On("message-with-ack", func(args ...any) {
		data, ack := split(args)
		ack(data, nil)
	})
	s.On("ask", func(args ...any) {
		s.EmitWithAck("question", args[0])(func(answer []any, err error) {
			if err == nil {
				s.Emit("answer", answer...)
			}
		})
	})
	s.On("burst", func(args ...any) {
		for i := range int(args[0].(float64)) {
			s.Emit("item", i)
		}
	})
	s.On("burst-binary", func(args ...any) {
		for i := range int(args[0].(float64)) {
			blob := make([]byte, 16)
			for j := range blob {
				blob[j] = byte(i)
			}
			s.Emit("blob", i, blob)
		}
	})
	s.On("tick", func(args ...any) { counts.add(args, false) })
	s.On("tick-binary", func(args ...any) { counts.add(args, true) })
	s.On("report", func(args ...any) {
		_, ack := split(args)
		ack([]any{counts.report()}, nil)
	})
	s.On("kick", func(...any) { s.Disconnect(false) })
	// The Engine.IO connection, so that no DISCONNECT goes before it: to the client a connection that is lost.
	s.On("kick-close", func(...any) { s.Conn().Close(false) })
	s.On("size", func(args ...any) {
		data, ack := split(args)
		switch value := data[0].(type) {
		case string:
			ack([]any{len([]rune(value))}, nil)
		case io.Reader:
			n, _ := io.Copy(io.Discard, value)
			ack([]any{n}, nil)
		}
	})
}

func main() {
	options := socket.DefaultServerOptions()
	options.SetPingInterval(milliseconds("PING_INTERVAL"))
	options.SetPingTimeout(milliseconds("PING_TIMEOUT"))
	options.SetMaxHttpBufferSize(int64(number("MAX_PAYLOAD", 2_000_000)))
	options.SetCors(&types.Cors{Origin: "*"})
	if os.Getenv("RECOVERY") == "1" {
		recovery := socket.DefaultConnectionStateRecovery()
		recovery.SetMaxDisconnectionDuration(120_000)
		options.SetConnectionStateRecovery(recovery)
	}
	handler := types.NewWebServer(nil)
	server := socket.NewServer(handler, options)
	server.On("connection", serve)
	server.Of("/custom", nil).On("connection", serve)
	server.Of(regexp.MustCompile(`^/dyn-\d+$`), nil).On("connection", serve)
	secured := server.Of("/secured", nil)
	secured.Use(func(s *socket.Socket, next func(*socket.ExtendedError)) {
		if s.Handshake().Auth["token"] == "letmein" {
			next(nil)
		} else {
			next(socket.NewExtendedError("not authorized", map[string]any{"code": 401}))
		}
	})
	secured.On("connection", serve)

	// Its own Listen says that it listens before it does.
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		panic(err)
	}
	go http.Serve(listener, handler)
	fmt.Println("listening")

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		io.Copy(io.Discard, os.Stdin)
		stop <- syscall.SIGTERM
	}()
	<-stop
}
