// Mutations that survive because a lab with them keeps every promise: by a pattern of their id, with the reason.

export const equivalent = [];
