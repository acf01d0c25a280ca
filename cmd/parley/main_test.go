package main

import (
	"os"
	"testing"

	"github.com/digierapro/parley/internal/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }
