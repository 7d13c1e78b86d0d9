// Copyright (c) 2026, the aksops.workload_identity contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// Command webhook serves the mutating webhook of Azure Workload Identity for many clusters at once.
//
// Upstream's cmd/webhook serves one cluster on a fixed port. This one puts the same pod mutator
// (pkg/webhook.NewPodMutator) of each cluster under a path of its own: POST /clusters/<name>/mutate-v1-pod.
// Clusters come and go as files <name>.json in a folder, so that no restart is needed when one is added.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"monis.app/mlog"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

func main() {
	if err := run(); err != nil {
		mlog.Fatal(err)
	}
}

func run() error {
	address := flag.String("address", "127.0.0.1:0", "address to listen on")
	clusters := flag.String("clusters", "", "folder with one <name>.json per cluster")
	certificate := flag.String("tls-cert-file", "", "serving certificate, PEM")
	key := flag.String("tls-private-key-file", "", "its key, PEM")
	level := flag.String("log-level", "info", "warning is the empty string; info, debug, trace, all")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	spec := mlog.LogSpec{Level: mlog.LogLevel(*level), Format: mlog.FormatJSON}
	if err := mlog.ValidateAndSetLogLevelAndFormatGlobally(ctx, spec); err != nil {
		return err
	}
	log.SetLogger(mlog.Logr())

	listener, err := net.Listen("tcp", *address)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", *address, err)
	}
	server := &http.Server{Handler: newMutators(*clusters), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		deadline, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := server.Shutdown(deadline); err != nil {
			mlog.Error("shutting down", err)
		}
	}()
	mlog.Info("serving", "address", listener.Addr().String(), "pid", os.Getpid())
	if err := server.ServeTLS(listener, *certificate, *key); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
