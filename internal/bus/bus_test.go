package bus_test

import (
	"testing"

	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/testkit/bustest"
)

func TestLocal(t *testing.T) {
	bustest.Run(t, func(*testing.T) []bus.Bus { return []bus.Bus{bus.NewLocal()} })
}

func TestLocalFreesATopicThatNobodyHears(t *testing.T) {
	b := bus.NewLocal()
	stop := b.Subscribe("x", func(bus.Event) {})
	if b.Topics() != 1 {
		t.Fatal("the topic is not held")
	}
	stop()
	if b.Topics() != 0 {
		t.Fatal("the topic is still held")
	}
}
