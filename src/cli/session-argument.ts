/** How help describes the argument that names a session: see `Store.find`. */
export const sessionArgument = 'its id, the beginning of it, its task, or its branch';
