// Copyright (c) 2026, the aksops.workload_identity contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	wh "github.com/Azure/azure-workload-identity/pkg/webhook"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	"monis.app/mlog"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

// cluster is the content of <name>.json: what upstream's webhook gets from its flags and from the ConfigMap
// azure-wi-webhook-config.
type cluster struct {
	Kubeconfig  string            `json:"kubeconfig"`
	Audience    string            `json:"audience"`
	Environment map[string]string `json:"environment"` // AZURE_TENANT_ID, AZURE_ENVIRONMENT, AZURE_ENVIRONMENT_FILEPATH, PROXY_IMAGE, ...
}

type mutator struct {
	handler http.Handler
	written time.Time
}

// mutators answers admission requests of every cluster that has a file in the folder.
type mutators struct {
	folder string
	scheme *runtime.Scheme
	mu     sync.Mutex // also guards the process environment, from which NewPodMutator takes its configuration
	ready  map[string]mutator
}

var clusterPath = regexp.MustCompile(`^/clusters/([a-z0-9][a-z0-9-]*)/mutate-v1-pod$`)

func newMutators(folder string) *mutators {
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		mlog.Fatal(err)
	}
	return &mutators{folder: folder, scheme: scheme, ready: map[string]mutator{}}
}

func (m *mutators) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/readyz" {
		fmt.Fprintln(w, "ok")
		return
	}
	match := clusterPath.FindStringSubmatch(r.URL.Path)
	if match == nil {
		http.NotFound(w, r)
		return
	}
	handler, err := m.of(match[1])
	if err != nil {
		mlog.Error("no mutator for the cluster", err, "cluster", match[1])
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	handler.ServeHTTP(w, r)
}

// of gives the mutator of a cluster, made anew when its file is newer: a restart of the API server with another
// version is followed by writing the file again.
func (m *mutators) of(name string) (http.Handler, error) {
	path := filepath.Join(m.folder, name+".json")
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("cluster %s is not registered: %w", name, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if known, ok := m.ready[name]; ok && known.written.Equal(info.ModTime()) {
		return known.handler, nil
	}
	handler, err := m.build(path)
	if err != nil {
		return nil, fmt.Errorf("cluster %s: %w", name, err)
	}
	m.ready[name] = mutator{handler: handler, written: info.ModTime()}
	return handler, nil
}

func (m *mutators) build(path string) (http.Handler, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var c cluster
	if err := json.Unmarshal(content, &c); err != nil {
		return nil, err
	}
	config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig)
	if err != nil {
		return nil, err
	}
	direct, err := client.New(config, client.Options{Scheme: m.scheme})
	if err != nil {
		return nil, err
	}
	for key, value := range c.Environment {
		if err := os.Setenv(key, value); err != nil {
			return nil, err
		}
	}
	defer func() {
		for key := range c.Environment {
			os.Unsetenv(key)
		}
	}()
	handler, err := wh.NewPodMutator(direct, direct, c.Audience, m.scheme, config, "", "")
	if err != nil {
		return nil, err
	}
	return admission.StandaloneWebhook(&admission.Webhook{Handler: handler}, admission.StandaloneOptions{MetricsPath: filepath.Base(path)})
}
