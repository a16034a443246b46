import { h, say } from './dom.js'
import { age, localTime } from './words.js'

/** How long ago something was, with the exact time for who points at it. @param {string} instant */
export const timeText = instant =>
  h('time', { datetime: instant, title: localTime(instant), class: 'age' }, age(instant))

/** Brings all ages below an element up to date. @param {Element} element */
export function refreshAges(element) {
  for (const time of element.querySelectorAll('time.age')) say(time, age(time.getAttribute('datetime') ?? ''))
}
