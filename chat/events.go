package chat

// Names of the pushes of this package.
const (
	EventNewMessage     = "newMessage"
	EventChannelAdded   = "channelAdded"
	EventChannelRemoved = "channelRemoved"
)

// ChannelAdded tells a user's devices that they are a member of one more channel.
type ChannelAdded struct {
	Channel Channel `json:"channel"`
}

// ChannelRemoved tells a user's devices that they no longer are.
type ChannelRemoved struct {
	ChannelID string `json:"channelId"`
}
