//go:build deps

package darkroom

import (
	_ "github.com/cloudinary/cloudinary-go/v2"
	_ "github.com/davidbyttow/govips/v2/vips"
	_ "github.com/elastic/go-seccomp-bpf"
	_ "github.com/esimov/pigo/core"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "github.com/landlock-lsm/go-landlock/landlock"
	_ "github.com/onsi/ginkgo/v2"
	_ "github.com/onsi/gomega"
	_ "github.com/prometheus/client_golang/prometheus"
	_ "github.com/uptrace/bun"
	_ "github.com/uptrace/bun/dialect/pgdialect"
	_ "github.com/uptrace/bun/dialect/sqlitedialect"
	_ "gocloud.dev/blob"
	_ "gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/memblob"
	_ "gocloud.dev/blob/s3blob"
	_ "k8s.io/api/core/v1"
	_ "k8s.io/apimachinery/pkg/apis/meta/v1"
	_ "k8s.io/client-go/kubernetes"
	_ "modernc.org/sqlite"
	_ "sigs.k8s.io/controller-runtime"
)
