package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

// Options says how to reach a coordinator.
type Options struct {
	Address    string // HOST:PORT
	CAFile     string // of the public port; empty: connections are not protected
	ServerName string // name expected in the certificate; empty: the address's
	TokenFile  string // its first line is the bearer token; empty: none
}

// token gives every call the caller's token. It is read again each time: files are replaced when tokens change.
type token struct {
	file   string
	secure bool
}

func (t token) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	content, err := os.ReadFile(t.file)
	if err != nil {
		return nil, err
	}
	first, _, _ := strings.Cut(string(content), "\n")
	return map[string]string{"authorization": "Bearer " + strings.TrimSpace(first)}, nil
}

func (t token) RequireTransportSecurity() bool { return t.secure }

// Dial opens a channel. Nothing is connected before the first call.
func Dial(o Options) (*grpc.ClientConn, error) {
	transport := insecure.NewCredentials()
	if o.CAFile != "" {
		pem, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, err
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s: expected certificates in PEM, found none", o.CAFile)
		}
		transport = credentials.NewTLS(&tls.Config{RootCAs: roots, ServerName: o.ServerName, MinVersion: tls.VersionTLS12})
	}
	dial := []grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 10 * time.Second, Timeout: 10 * time.Second}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64 << 20)),
	}
	if o.TokenFile != "" {
		if o.CAFile == "" && !isLoopback(o.Address) {
			return nil, errors.New("a token must not cross a connection that anyone can read: name the CA")
		}
		dial = append(dial, grpc.WithPerRPCCredentials(token{o.TokenFile, o.CAFile != ""}))
	}
	return grpc.NewClient(o.Address, dial...)
}

// isLoopback tells addresses of this machine from names that only begin like one.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// NewRequestID names a request: the same id again is the same request, and acts once.
func NewRequestID() string {
	bytes := make([]byte, 16)
	_, _ = rand.Read(bytes) // never fails
	return hex.EncodeToString(bytes)
}
