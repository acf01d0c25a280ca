package chat

// PreviewKind is the kind of the jobs that fetch what a message links to.
const PreviewKind = "link preview"
