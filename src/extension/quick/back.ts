/** What a step of a dialogue gives when the user goes back. */
export const back = Symbol('back');
export type Back = typeof back;
